"""Writes down what the chain shows of the witnesses while it is fresh, so that blocks can go."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bench.chronicle import Change, Chronicle
from bench.needless import Roll, was_needless
from chains.settings import WitnessSettings

_KEPT = 1200.0
"""Seconds for which blocks are kept: far longer than a witness' next slot is away."""


@dataclass(frozen=True, slots=True)
class Empty:
    """A slot that stayed empty: whose, when, the host with the key in force, whether it was fit."""

    account: str
    time: int
    host: str
    fit: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """An update in a block: whose, when it came, from whom to whom, and whether it was needless.

    `host` and `to` are None where the key is nobody's of the ring.
    """

    account: str
    block: int
    seen: float
    from_key: str
    key: str
    host: str | None
    to: str | None
    needless: bool | None = None


@dataclass
class Clerk:
    """Goes through the chain of the witnesses (by their object id), each block once it is final."""

    chronicle: Chronicle
    roll: Roll
    witnesses: dict[str, WitnessSettings]
    empty: list[Empty] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    slots: int = 0
    _done: int = 0
    _keys: dict[str, str] = field(default_factory=dict)
    _waiting: list[tuple[str, Change, str]] = field(default_factory=list)

    def begin(self) -> None:
        """Count from the present head on."""
        head = self.chronicle.head
        assert head is not None
        self._done = head.number
        for witness_id, witness in self.witnesses.items():
            term = head.terms.get(witness_id)
            self._keys[witness_id] = term.key if term else witness.producers[0].signing_key

    def work(self, *, last: bool = False) -> None:
        """Go through what is final by now; with `last` through all that there is."""
        head = self.chronicle.head
        assert head is not None
        final = head.number if last else head.irreversible
        for block in self.chronicle.blocks():
            if not self._done < block.number <= final:
                continue
            for slot in block.missed:
                if slot.witness in self.witnesses:
                    self._note_empty(slot.witness, slot.time, slot.key)
            self.slots += block.witness in self.witnesses
        for witness_id in self.witnesses:
            for change in self.chronicle.changes(witness_id, self._done):
                if change.block <= final:
                    self._waiting.append((witness_id, change, self._keys[witness_id]))
                    self._keys[witness_id] = change.key
        self._done = max(self._done, final)
        self._waiting = [each for each in self._waiting if not self._judged(*each, last=last)]
        self._forget(head.time)

    def _note_empty(self, witness_id: str, when: int, key: str | None) -> None:
        witness = self.witnesses[witness_id]
        self.slots += 1
        producer = witness.producer_of(key or self._keys[witness_id])
        host = producer.name if producer else ""
        fit = host in self.roll.fit.get(when, frozenset())
        self.empty.append(Empty(witness.account, when, host, fit))

    def _judged(self, witness_id: str, change: Change, from_key: str, *, last: bool) -> bool:
        witness = self.witnesses[witness_id]
        before, after = witness.producer_of(from_key), witness.producer_of(change.key)
        needless = None
        if before is not None:
            needless = was_needless(self.chronicle, self.roll, witness_id, before.name, change)
            if needless is None and not last:
                return False
        self.turns.append(
            Turn(
                witness.account,
                change.block,
                change.seen,
                from_key,
                change.key,
                before.name if before else None,
                after.name if after else None,
                needless,
            )
        )
        return True

    def _forget(self, now: float) -> None:
        waiting = [change.block for _, change, _ in self._waiting]
        self.chronicle.forget(now - _KEPT, min([self._done, *waiting]))
        self.roll.forget(min(now, time.time()) - _KEPT)
