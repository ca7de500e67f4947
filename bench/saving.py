"""Which slot of a host that fails the policy can save at the earliest. Pure."""

from __future__ import annotations

import math

from switcher.moment import LEAST_LEAD
from switcher.settings import Policy

PATIENCE = Policy().preempt_after
"""Seconds for which a host must have lacked blocks, as shipped."""


def first_saved_slot(lacked: float, interval: float, decided: float = -math.inf) -> float:
    """Return the time of the first slot that can be saved, whosever it is.

    A host that lacks blocks from the time `lacked` on is replaced once it has for the policy's
    time, and not before `decided`; the update has to be with the producer of the slot before.
    Times are seconds since the epoch, slots whole multiples of `interval`.
    """
    acts = max(decided, lacked + PATIENCE)
    return math.ceil((acts + interval + LEAST_LEAD) / interval) * interval
