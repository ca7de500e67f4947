"""Taking apart what peers send without holding up what else the process does."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LONG = 0.05
"""Seconds of CPU. Mostly a piece takes some ms, but a block of nothing but brackets takes 250."""


class Pace:
    """Has all readings take turns, and leaves as much time as a turn took if that was long.

    So at most half of the time goes into them, however many peers send what is hard to read. Of
    those who wait the one is next whose pieces have taken the least so far.
    """

    def __init__(self) -> None:
        self._taken: dict[str, float] = defaultdict(float)
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._busy = False

    async def take(
        self, peer: str, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do some work upon what a peer sent, which nothing can interrupt."""
        await self._turn(peer)
        try:
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                took = time.thread_time() - began
                self._taken[peer] += took
                if took > _LONG:
                    await asyncio.sleep(took)
        finally:
            self._pass_on()

    async def _turn(self, peer: str) -> None:
        if not self._busy:
            self._busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((peer, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        waiting = self._waiting = [each for each in self._waiting if not each[1].done()]
        self._busy = bool(waiting)
        if waiting:
            min(waiting, key=lambda each: self._taken[each[0]])[1].set_result(None)
