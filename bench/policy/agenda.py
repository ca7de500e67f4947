"""Events in virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """What is to happen when; `now` in seconds since the epoch moves with it."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, time: float, what: Callable[[], None]) -> None:
        """Have something happen at a time, or at once if that is past."""
        heapq.heappush(self._events, (max(time, self.now), next(self._order), what))

    def run(self, until: float, done: Callable[[], bool]) -> None:
        """Let things happen until something is done, or a time comes."""
        while self._events and self._events[0][0] <= until and not done():
            self.now, _, what = heapq.heappop(self._events)
            what()
