"""The chain's time, as far as it can be told here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from chains.bitshares.offset import Arrivals, Bounds, Shortest, Timekeeping, bounds, timekeeping
from chains.bitshares.views import majority_of

_LOOK_AGAIN = 1.0
"""Seconds after which arrivals are looked through again though none is new: some may be too old."""

_STEP = 0.05
"""Seconds by which the wall clock must have left the steady one to count as set; what is less comes
of reading them one after the other."""


class ChainClock:
    """The clock of this machine, put right by the arrival of blocks where it is off.

    `wall` gives seconds since the epoch and may be wrong or be set; `steady` gives seconds since
    whenever and is never set. Moments to be kept are those of `steady`: `at` turns them into times.
    """

    def __init__(
        self,
        voters: Iterable[str],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.steady = steady
        self._wall = wall
        self._anchor = wall() - steady()
        self._voters = {name: Arrivals() for name in voters}
        self._others = Shortest()
        self._bounds: Bounds | None = None
        self._looked: float | None = None
        self._told = Timekeeping()

    def heard(self, name: str, block_time: int, arrived: float) -> None:
        """Note that a node, or host, showed a verified block at a moment of `steady`."""
        found = self._voters.get(name)
        if found is None:
            self._others.add(arrived, arrived - block_time)
            self._looked = None
        elif found.note(block_time, arrived):
            self._looked = None

    def timekeeping(self) -> Timekeeping:
        """Return how the clock of this machine compares with the chain's now."""
        return self._compare(self.steady(), self._wall())

    def now(self) -> float:
        """Return the chain's time in seconds since the epoch, or this machine's if that is good."""
        now, wall = self.steady(), self._wall()
        told = self._compare(now, wall)
        return now + self._anchor - told.correction if told.corrected else wall

    def at(self, moment: float) -> float:
        """Return the time that belongs to a moment of `steady`, by the clock as it goes now.

        It is the same to the last digit until that clock is set, or is known better.
        """
        told = self._compare(self.steady(), self._wall())
        return moment + self._anchor - told.correction

    def _compare(self, now: float, wall: float) -> Timekeeping:
        if abs(wall - now - self._anchor) > _STEP:
            self._anchor = wall - now
        if self._looked is None or now - self._looked > _LOOK_AGAIN:
            voters, majority = list(self._voters.values()), majority_of(len(self._voters))
            self._bounds, self._looked = bounds(voters, self._others, majority, now), now
        self._told = timekeeping(self._bounds, self._anchor, self._told)
        return self._told
