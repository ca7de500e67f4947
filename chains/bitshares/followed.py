"""What is held of the followed chain, and what follows from it. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chains.bitshares.applied import Applied, MissedSlot, Rhythm, Term
from chains.bitshares.blocks import Block, number_of
from chains.bitshares.keys import decode_key
from chains.bitshares.rules import Rules
from chains.bitshares.schedule import scheduled, slot_at, slot_time
from chains.bitshares.transactions import WitnessUpdate
from chains.errors import InvalidSignatureError

PROVISIONAL_AFTER = 2.5
"""Seconds after its slot at which a missing block is told as a provisional miss."""


class Followed:
    """The canonical chain's last blocks, to be read; `follower.Follower` writes them.

    `window` (seconds) is how far back misses are counted. Witnesses are named by their object id.
    """

    def __init__(self, prefix: str, window: int) -> None:
        self._prefix = prefix
        self._window = window
        self._entries: list[Applied] = []
        self._rules = Rules(prefix, Rhythm(1, 1, 0, 0))
        self._misses: dict[str, list[tuple[int, MissedSlot]]] = {}
        self._tallied = ""

    # What is known

    @property
    def head(self) -> Applied | None:
        """Return the newest applied block, None before `begin`."""
        return self._entries[-1] if self._entries else None

    @property
    def rhythm(self) -> Rhythm:
        """Return the chain's intervals."""
        return self._rules.rhythm

    @property
    def oldest(self) -> Applied | None:
        """Return the oldest block that is still held, None before `begin`."""
        return self._entries[0] if self._entries else None

    def entries(self) -> Sequence[Applied]:
        """Return the applied blocks that are still held, oldest first."""
        return tuple(self._entries)

    def applied(self, number: int) -> Applied | None:
        """Return the applied block of a height, None where it is not held."""
        if not self._entries:
            return None
        index = number - self._entries[0].number
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def holds(self, block_id: str) -> bool:
        """Tell whether a block id is part of the chain that is held."""
        found = self.applied(number_of(block_id))
        return found is not None and found.id == block_id

    def term(self, witness: str) -> Term | None:
        """Return the term in force for the next slot, None for a witness never met."""
        return self._entries[-1].terms.get(witness) if self._entries else None

    def recent_misses(self, witness: str) -> list[MissedSlot]:
        """Return the slots missed within the window before the head, in the key's present term."""
        head, term = self.head, self.term(witness)
        if head is None or term is None:
            return []
        since = term.since_block or 0
        return [
            slot
            for number, slot in self._tally().get(witness, ())
            if number > since and slot.time > head.time - self._window
        ]

    def provisional_misses(self, now: float) -> tuple[MissedSlot, ...]:
        """Return the slots after the head that passed without a block, and whose they were.

        Provisional: a block may yet come from somewhere else, or the chain stand still for a whole
        round, which is no witness' fault. `now` in seconds since the epoch.
        """
        head = self.head
        if head is None:
            return ()
        begun = int(now - PROVISIONAL_AFTER)
        passed = slot_at(head.time, self.rhythm.interval, begun, self._rules.skipped(head))
        return self._rules.missed(head, passed + 1)

    def next_slots(self) -> dict[str, int]:
        """Return when each witness' next slot begins, where the next shuffle doesn't decide it."""
        head = self.head
        if head is None or head.shuffled is None:
            return {}
        return {
            scheduled(head.shuffled, head.aslot, slot): self._slot_after(head, slot)
            for slot in range(self._left_in_round(head), 0, -1)
        }

    def possible_slots(self, witness: str) -> list[int]:
        """Return when slots begin that are, or after the next shuffle may be, the witness' own.

        Soonest first, up to the end of the next round: those of its own in this round, and every
        slot after the shuffle. Empty for a witness that is not active.
        """
        head = self.head
        if head is None or witness not in head.active:
            return []
        left = self._left_in_round(head)
        return [
            self._slot_after(head, slot)
            for slot in range(1, left + len(head.active) + 1)
            if slot > left
            or head.shuffled is None
            or scheduled(head.shuffled, head.aslot, slot) == witness
        ]

    def shuffle_due(self) -> int:
        """Return when the first slot begins that the next shuffle gives away, 0 before `begin`.

        That is the soonest; each slot that is missed until then puts it off.
        """
        head = self.head
        if head is None:
            return 0
        known = head.shuffled is not None
        return self._slot_after(head, self._left_in_round(head) + 1 if known else 1)

    def next_block_due(self) -> int:
        """Return when the first slot after the head begins, 0 before `begin`."""
        return self._slot_after(self.head, 1) if self.head else 0

    def doubtful_slots(self) -> frozenset[int]:
        """Return when slots of this round begin whose witnesses left their last one empty."""
        absent = self._absent()
        return frozenset(time for witness, time in self.next_slots().items() if witness in absent)

    def last_signed(self, signing_key: str) -> Applied | None:
        """Return the newest block held that a key signed."""
        return next((e for e in reversed(self._entries) if e.signing_key == signing_key), None)

    def signed_like(self, entry: Applied, block: Block) -> bool:
        """Tell whether a block was signed by the same key as one that is held."""
        try:
            return block.signer() == decode_key(entry.signing_key, self._prefix)
        except InvalidSignatureError:
            return False

    def updates(self) -> Iterator[tuple[Applied, WitnessUpdate]]:
        """Yield every witness_update that is held with its block, newest first."""
        for entry in reversed(self._entries):
            for update in reversed(entry.updates):
                yield entry, update

    # Inside

    def _left_in_round(self, head: Applied) -> int:
        """Return how many slots are left until the next shuffle, if all of them are filled."""
        return len(head.active) - head.number % len(head.active)

    def _slot_after(self, head: Applied, slot: int) -> int:
        return slot_time(head.time, self.rhythm.interval, slot, self._rules.skipped(head))

    def _absent(self) -> set[str]:
        """Return the witnesses whose last slot stayed empty."""
        met, absent = set[str](), set[str]()
        for entry in reversed(self._entries):
            met.add(entry.witness)
            absent.update(slot.witness for slot in entry.missed if slot.witness not in met)
            met |= absent
            if len(met) >= len(entry.active):
                break
        return absent

    def _tally(self) -> dict[str, list[tuple[int, MissedSlot]]]:
        head = self._entries[-1]
        if self._tallied != head.id:
            self._misses = {}
            for entry in self._entries:
                for slot in entry.missed:
                    self._misses.setdefault(slot.witness, []).append((entry.number, slot))
            self._tallied = head.id
        return self._misses
