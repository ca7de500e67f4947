"""A block as it was applied, and what a chain's state is made of. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.bitshares.objects import Reading
from chains.bitshares.schedule import SLOT_BITS
from chains.bitshares.transactions import WitnessUpdate

ALL_FILLED = (1 << SLOT_BITS) - 1
"""`Applied.filled` where every slot got a block."""


@dataclass(frozen=True, slots=True)
class Term:
    """A signing key's time in force.

    `since_block` holds the witness_update, the key counts from the next slot on; None: since before
    the follower's first block. `proven` is False for a key that only a node's objects named, which
    may be pending.
    """

    key: str
    since_block: int | None = None
    since_time: int | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class MissedSlot:
    """A slot that stayed empty and was charged to its witness (`key` was in force then).

    `others` is how many other witnesses missed slots before the same block.
    """

    witness: str
    time: int
    key: str | None
    others: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """A block as it was applied, with the state after it.

    `shuffled` is None while the schedule is not known. `filled` holds a bit for each of the last
    128 slots, bit 0 for this block's own.
    """

    number: int
    id: str
    previous: str
    digest: bytes
    time: int
    witness: str
    signing_key: str
    missed: tuple[MissedSlot, ...]
    updates: tuple[WitnessUpdate, ...]
    maintenance: bool
    aslot: int
    filled: int
    shuffled: tuple[str, ...] | None
    active: tuple[str, ...]
    schedule_certain: bool
    active_certain: bool
    terms: Mapping[str, Term]
    irreversible: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The chain's intervals in seconds; maintenance falls on multiples of its interval + phase."""

    interval: int
    maintenance_interval: int
    maintenance_phase: int
    skip_slots: int

    @classmethod
    def of(cls, reading: Reading) -> Rhythm:
        """Return the rhythm that a node's objects describe."""
        return cls(
            interval=reading.interval,
            maintenance_interval=reading.maintenance_interval,
            maintenance_phase=reading.next_maintenance % reading.maintenance_interval,
            skip_slots=reading.skip_slots,
        )

    def is_maintenance(self, previous_time: int, time: int) -> bool:
        """Tell whether a block is the first at or after a maintenance time."""
        return self._period(previous_time) != self._period(time)

    def _period(self, time: int) -> int:
        return (time - self.maintenance_phase) // self.maintenance_interval
