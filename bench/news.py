"""Waiting for what others find out, and doing several things at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")


class News:
    """Something of which there is ever more to know."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def announce(self) -> None:
        """Have everybody who waits look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, look: Callable[[], _T | None]) -> _T:
        """Look, and again after every piece of news, until there is something to see."""
        while (found := look()) is None:
            await self._event.wait()
        return found


@asynccontextmanager
async def meanwhile(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something during a block of code, which fails with the first of it that fails."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from errors


def say(text: str) -> None:
    """Tell people how far a measurement is."""
    print(text, file=sys.stderr, flush=True)
