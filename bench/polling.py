"""A switcher that polls, reckoned on the same failures. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.chronicle import Slot
from chains.bitshares.applied import Applied

PERIOD = 30.0
THRESHOLD = 3


def polling_loss(
    slots: Sequence[Slot],
    blocks: Sequence[Applied],
    witness: str,
    *,
    killed: float,
    phase: float,
    period: float = PERIOD,
    threshold: int = THRESHOLD,
) -> int | None:
    """Return how many blocks a polling switcher would have lost, None while that isn't known yet.

    It asks one node for the witness' `total_missed` every `period` seconds, `phase` seconds after a
    multiple of them, resets nothing, and rotates at the poll that sees `threshold` more than before
    the failure; the next block of somebody else holds its update. Nothing is simulated but the
    switcher: `slots` are those that the witness (id) really had from the failure on, every one of
    which its dead host would have missed, and `blocks` those that were really made, in which the
    misses would have been counted. Times are seconds since the epoch.
    """
    others = [block.time for block in blocks if block.witness != witness and block.time > killed]
    if len(slots) < threshold:
        return None
    decisive = slots[threshold - 1].time
    counted = next((time for time in others if time > decisive), None)
    if counted is None:
        return None
    poll = math.ceil((counted - phase) / period) * period + phase
    in_force = next((time for time in others if time > poll), None)
    if in_force is None:
        return None
    return sum(slot.time <= in_force for slot in slots)
