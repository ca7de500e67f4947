"""Work in a thread of its own, which waits for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def apart(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do some work that takes no longer than milliseconds without holding up the event loop.

    The threads of `asyncio.to_thread` are few, and all of them may be taken for minutes: by names
    of nodes that are being looked up where no name server answers.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apart")
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, lambda: work(*args, **kwargs))
    finally:
        thread.shutdown(wait=False)
