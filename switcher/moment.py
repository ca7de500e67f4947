"""When to act: as late as the next slot allows, or in the gap between two slots. Pure.

An update in the block of one slot counts from the next slot on. So for a slot at `s` it has to be
with the producer of the slot before, at `s - interval`. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LEAD = 1.2
"""Seconds before that slot at which a planned rotation begins: to look once more, to sign, to
broadcast, and for the transaction to travel."""

LEAST_LEAD = 0.2
"""Seconds before that slot up to which a broadcast may still be in time for it."""

_CHANCES = 3
"""Slots that must be left before the witness' next one: two blocks that may hold the update."""

_SETTLED = 1.0
"""Seconds after a slot at which its block is known everywhere."""

_PUNCTUAL = 0.5
"""Seconds by which whoever was told to wait for a gap may come late to it."""


def last_moment(slots: Sequence[int], interval: int, ready: float, now: float) -> float:
    """Return the latest time that gets an update into a block before the next slot in reach.

    `slots` begin at these times, soonest first, and may be the witness'. Before `ready` nothing is
    to be done; slots that can't be saved any more are passed over.
    """
    earliest = max(ready, now)
    for slot in slots:
        if slot - interval - LEAST_LEAD >= earliest:
            return max(ready, slot - interval - LEAD)
    return earliest


def quiet_moment(slots: Sequence[int], interval: int, now: float) -> float | None:
    """Return when the next gap between two of the witness' slots is long enough to hand over.

    `now` if that is at once, None if it is not known before the next shuffle.
    """
    gap = _CHANCES * interval
    ahead = [slot for slot in slots if slot > now - _SETTLED]
    if all(slot >= now + gap for slot in ahead):
        return now
    for slot, following in pairwise(ahead):
        if following >= slot + _SETTLED + gap + _PUNCTUAL:
            return slot + _SETTLED
    return None
