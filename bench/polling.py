"""How a switcher polls: the rule that it goes by, and what that loses on a given chain. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chains.bitshares.applied import Applied

_QUIET_POLLS = 20
"""Polls without a further miss after which earlier ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Habit:
    """It asks every `period` seconds, and rotates at `threshold` misses more than it began with."""

    period: float
    threshold: int


USUAL = Habit(30.0, 3)
QUICK = Habit(10.0, 2)


class Tally:
    """What it remembers from poll to poll."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._begin: int | None = None
        self._last = self._quiet = 0

    def sees(self, total_missed: int) -> bool:
        """Take in what the node says of a witness; return whether it is time to rotate."""
        if self._begin is None:
            self._begin = total_missed
        self._quiet = self._quiet + 1 if total_missed == self._last else 0
        self._last = total_missed
        if self._quiet >= _QUIET_POLLS:
            self._begin = total_missed
        return total_missed - self._begin >= self._threshold

    def rotated(self, total_missed: int) -> None:
        """Count from here on: what was missed until the new key was in force is over as well."""
        self._begin, self._last, self._quiet = total_missed, total_missed, 0


def polling_loss(
    blocks: Sequence[Applied], witness: str, *, killed: float, phase: float, habit: Habit = USUAL
) -> int | None:
    """Return how many blocks it would lose by a failure, None while that isn't known yet.

    Polls come `phase` seconds after multiples of the period and are answered at once from `blocks`,
    in which the dead host misses every slot of its witness (id); the next block of somebody else
    holds the update. Times are seconds since the epoch.
    """
    tally, period = Tally(habit.threshold), habit.period
    misses = [
        (block.time, s.time) for block in blocks for s in block.missed if s.witness == witness
    ]
    others = [block.time for block in blocks if block.witness != witness]
    poll = math.floor((killed - phase) / period) * period + phase
    while poll < blocks[-1].time:
        if tally.sees(sum(counted <= poll for counted, _ in misses)):
            in_force = next(time for time in others if time > poll)
            return sum(killed <= slot <= in_force for _, slot in misses)
        poll += period
    return None
