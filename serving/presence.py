"""Work that is of use only while the one who asked for it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

_T = TypeVar("_T")


class CallerGoneError(Exception):
    """Whoever asked has closed the connection; nobody reads an answer any more."""


async def while_connected(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """Do some work for a caller whose body was read or has none; cancel it when he goes away.

    Raises:
        CallerGoneError: he went away.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(gone(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise CallerGoneError
    finally:
        await _end(watching)
        await _end(working)


async def gone(request: Request) -> None:
    """Wait until a caller has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


async def _end(task: asyncio.Task[Any]) -> None:
    """Cancel a task, if it is still under way, and wait for it."""
    task.cancel()
    await asyncio.wait({task})
