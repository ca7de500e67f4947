"""What systemd is told of a service that it started: that it is ready, and that it goes on.

Source: sd_notify(3). A service whose loop stands still says nothing, and is started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Mapping

_MICROSECONDS = 1_000_000
_SIGNS = 3
"""Signs of life within the time after which systemd takes the service for dead."""


async def supervised(
    work: Callable[[Callable[..., None]], Awaitable[None]],
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Do a service's work, which is given what it has to call once it listens.

    Raises:
        OSError: systemd wants to be told that the service is ready, and can't be.
    """
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        await work(lambda *_: None)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to_systemd:
        to_systemd.setblocking(False)

        def tell(what: bytes) -> None:
            to_systemd.sendto(what, address.replace("@", "\0", 1))

        living = asyncio.create_task(_tell_of_life(tell, _limit(environment)))
        try:
            await work(lambda *_: tell(b"READY=1"))
        finally:
            living.cancel()


def _limit(environment: Mapping[str, str]) -> float | None:
    """Return the seconds after which silence is death, None where systemd doesn't mind."""
    ours = str(os.getpid())
    if environment.get("WATCHDOG_PID", ours) != ours:
        return None
    return int(environment.get("WATCHDOG_USEC", "0")) / _MICROSECONDS or None


async def _tell_of_life(tell: Callable[[bytes], None], limit: float | None) -> None:
    while limit:
        # One that can't be told now is followed by others before it is missed.
        with contextlib.suppress(OSError):
            tell(b"WATCHDOG=1")
        await asyncio.sleep(limit / _SIGNS)
