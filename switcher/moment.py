"""When to act: as late as the next slot allows, or in the gap between two slots. Pure.

An update in the block of one slot counts from the next slot on. So for a slot at `s` it has to be
with the producer of the slot before, at `s - interval`. Times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

LEAD = 2.0
"""Seconds before that slot at which a planned rotation begins: to look once more, to sign, to
broadcast, and for the transaction to travel."""

LEAST_LEAD = 0.2
"""Seconds before that slot up to which a broadcast may still be in time for it."""

_UNSURE = 2
"""Slots for which a host must have been away longer before it is replaced for the sake of a slot
that the next shuffle may give to its witness: mostly it gives it to another."""

_CHANCES = 3
"""Slots that must be left before the witness' next one: two blocks that may hold the update."""

_SETTLED = 1.0
"""Seconds after a slot at which its block is known everywhere."""

_PUNCTUAL = 0.5
"""Seconds by which whoever was told to wait for a gap may come late to it."""


@dataclass(frozen=True, slots=True)
class Slots:
    """When slots begin that are, or may be, a witness' next ones, soonest first.

    Those before `shuffle` are its own; of those after it nothing is known yet. `interval` is that
    of the chain, `first` when the first slot after the head begins, whosever it is. `empty` are
    slots of others that will hardly get a block.
    """

    times: tuple[int, ...] = ()
    shuffle: int = 0
    interval: int = 0
    first: int = 0
    empty: frozenset[int] = frozenset()

    def block_before(self, slot: int) -> int:
        """Return when the last slot before another one begins that will probably get a block.

        The very last one where none will.
        """
        last = slot - self.interval
        ahead = range(last, self.first - 1, -self.interval)
        return next((before for before in ahead if before not in self.empty), last)

    def __bool__(self) -> bool:
        """Tell whether the witness has any."""
        return bool(self.times)


def last_moment(slots: Slots, ready: float, now: float) -> float:
    """Return the latest time that gets an update into a block before the next slot in reach.

    Before `ready` nothing is to be done, nor for a slot that only may be the witness' own until
    somewhat later. Slots that can't be saved any more are passed over, the very next one among
    them: no block comes before it. A block that will hardly come is not counted on.
    """
    for slot in slots.times:
        if slot <= slots.first:
            continue
        patience = 0 if slot < slots.shuffle else _UNSURE * slots.interval
        due = slot - slots.interval
        if due - LEAST_LEAD >= max(ready + patience, now):
            return max(ready + patience, slots.block_before(slot) - LEAD)
    return max(ready, now)


def quiet_moment(slots: Slots, now: float) -> float | None:
    """Return when the next gap between two of the witness' slots is long enough to hand over.

    `now` if that is at once, None if it is not known before the next shuffle.
    """
    gap = _CHANCES * slots.interval
    ahead = [slot for slot in slots.times if slot > now - _SETTLED]
    if all(slot >= now + gap for slot in ahead):
        return now
    for slot, following in pairwise(ahead):
        if following >= slot + _SETTLED + gap + _PUNCTUAL:
            return slot + _SETTLED
    return None
