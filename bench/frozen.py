"""A program that stands still and is still there."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from understudy.stack import Program


@asynccontextmanager
async def frozen(program: Program) -> AsyncIterator[None]:
    """Stop a program as by SIGSTOP for as long as the context lasts."""
    assert program.pid is not None
    os.kill(program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(program.pid, signal.SIGCONT)
