"""A stack that stays up until somebody ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console

from understudy.stack import Stack


def _signals() -> tuple[signal.Signals, ...]:
    """Return what ends us; a closed terminal only where it does not leave us alone (`nohup`)."""
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hang_up)


def tell_addresses(console: Console, addresses: Mapping[str, str]) -> None:
    """Print where everything can be looked at."""
    width = max(len(name) for name in addresses) + 2
    console.print()
    for name, address in addresses.items():
        console.print(f"{name:<{width}}{address}")
    console.print("Everything stays up until Ctrl-C.")


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Cancel the running task at SIGINT, SIGTERM or SIGHUP, so that it cleans up before the end.

    The first two count even where the process was started with them ignored.
    """
    task = asyncio.current_task()
    assert task is not None
    loop, signals = asyncio.get_running_loop(), _signals()
    for number in signals:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def until_interrupted(stack: Stack) -> None:
    """Wait for SIGINT, SIGTERM or SIGHUP.

    Raises:
        StackError: one of the stack's programs ended by itself meanwhile.
    """
    loop, asked, signals = asyncio.get_running_loop(), asyncio.Event(), _signals()
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    ended = asyncio.create_task(stack.ended())
    waiting = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait((ended, waiting), return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            await ended
    finally:
        for task in (ended, waiting):
            task.cancel()
        await asyncio.gather(ended, waiting, return_exceptions=True)
        for number in signals:
            loop.remove_signal_handler(number)
