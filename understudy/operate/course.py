"""How an order goes, as its journal entries tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from switcher.model import UNSPENT, Decision, Ending, Entry, EntryKind, Outcome, Step

_LASTING = frozenset(
    {
        Decision.BUDGET_SPENT,
        Decision.COOLING_DOWN,
        Decision.DISARMED,
        Decision.DRY_RUN,
        Decision.FEE_TOO_HIGH,
        Decision.NO_BACKUP_READY,
    }
)
"""What holds the replacement of a host that never signed until somebody does something."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far an order has come.

    `on_air` is the producer that last came on air by it, `transaction_id` its last transaction,
    `block` the one that holds it, and `lost`: it expired, or was refused. `ending` is how it ended,
    None while it goes on; `stuck`: it failed, and the switcher can't mend that by itself.
    `sentence` tells the newest of it.
    """

    on_air: str | None = None
    transaction_id: str | None = None
    block: int | None = None
    lost: bool = False
    ending: str | None = None
    stuck: bool = False
    sentence: str = ""

    @property
    def over(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        return self.ending is not None or self.stuck

    @property
    def sent(self) -> bool:
        """Tell whether a transaction is out that may still come into a block, or is in one."""
        return self.transaction_id is not None and not self.lost

    @property
    def reached(self) -> str:
        """How far its last transaction has come, for people."""
        if self.transaction_id is None:
            return "not sent yet"
        if self.block is not None:
            return f"in block {self.block} as transaction {self.transaction_id}"
        end = ", which expired or was refused" if self.lost else ""
        return f"sent as transaction {self.transaction_id}{end}"

    def put_on_air(self, producer: str) -> bool:
        """Tell whether the order ended with a producer on air."""
        return self.ending == Ending.ON_AIR and self.on_air == producer


def course_of(entries: Sequence[Entry]) -> Course:
    """Return how far an order has come by its entries, oldest first."""
    signing = [e for e in entries if e.kind == EntryKind.STEP and e.value == Outcome.BROADCAST]
    producers = {e.rotation: e.details.get("producer") for e in signing}
    on_air = [e for e in entries if e.kind == EntryKind.STEP and e.value == Outcome.ON_AIR]
    ended = [e for e in entries if e.kind == EntryKind.ENDED]
    return Course(
        on_air=producers.get(on_air[-1].rotation) if on_air else None,
        transaction_id=signing[-1].details.get("transaction_id") if signing else None,
        block=_block(entries, signing[-1].rotation) if signing else None,
        lost=_is_lost(entries, signing[-1].rotation) if signing else False,
        ending=ended[-1].value if ended else None,
        stuck=_is_stuck(entries),
        sentence=entries[-1].sentence if entries else "",
    )


def waits_for(entry: Entry, now: float) -> str:
    """Return what an order waits for after an entry, at `now` (seconds since the epoch)."""
    planned = entry.details.get("planned")
    if entry.value == Decision.NOT_YET and isinstance(planned, int | float):
        return f"the gap between two slots, in {max(0.0, planned - now):.0f} s"
    if entry.kind == EntryKind.DECISION:
        return _AFTER.get(entry.value, entry.sentence)
    return _AFTER.get(entry.value, "the switcher")


def _block(entries: Sequence[Entry], rotation: int | None) -> int | None:
    """Return the block that holds a rotation's transaction, as far as that is still so."""
    block: int | None = None
    for entry in entries:
        if entry.rotation == rotation and entry.value == Outcome.IN_BLOCK:
            block = entry.details.get("block")
        elif entry.rotation == rotation and entry.value == Step.DROPPED:
            block = None
    return block


def _is_lost(entries: Sequence[Entry], rotation: int | None) -> bool:
    return any(entry.rotation == rotation and entry.value in UNSPENT for entry in entries)


def _is_stuck(entries: Sequence[Entry]) -> bool:
    values = [entry.value for entry in entries]
    if Step.ACCUSED not in values:
        return False
    last = entries[-1]
    return last.kind == EntryKind.DECISION and last.value in _LASTING


_AFTER: Mapping[str, str] = {
    Decision.NOT_YET: "the next shuffle, which may bring a gap between two slots",
    Decision.ROTATE: "the signature",
    Outcome.BROADCAST: "a node to take it",
    Step.SENT: "a block that holds it",
    Outcome.IN_BLOCK: "the new host's first block, and for the update to be irreversible",
    Outcome.IRREVERSIBLE: "the new host's first block",
    Outcome.ON_AIR: "the update to be irreversible",
    Step.DROPPED: "another block that holds it",
    Outcome.EXPIRED: "another transaction",
}
"""What comes after a decision or a step."""
