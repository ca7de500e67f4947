"""The names of peers: each is resolved once, and its addresses are examined and pinned.

Whoever names a peer may have a name server that never answers, or answers otherwise each time.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

from chains.peer.addresses import Guard

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Returns every address of a name, as text."""

_PINNED = 600.0
"""Seconds for which a name keeps its addresses: a peer may move to another machine."""

_NOT_AGAIN = 30.0
"""Seconds for which a name that could not be resolved, or not in time, is not looked up again."""


class Names(AbstractResolver):
    """Resolves a name once and examines all of its addresses, to which then is connected.

    They stay the name's for a while; when it is resolved anew, that is examined anew.
    """

    def __init__(self, guard: Guard, lookup: Lookup) -> None:
        self._guard, self._lookup = guard, lookup
        self._pins: dict[tuple[str, int], tuple[list[ResolveResult], float]] = {}
        self._failed: dict[tuple[str, int], float] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses to connect to.

        Raises:
            AddressRefusedError: one of them may not be called.
            OSError: the name has none.
        """
        del family  # whatever the name has is examined
        known = self._pins.get((host, port))
        if known is None or time.monotonic() - known[1] > _PINNED:
            addresses = await self._addresses(host, port)
            self._guard.examine(host, port, addresses)
            known = [_result(host, port, each) for each in addresses], time.monotonic()
            self._pins[host, port] = known
        return known[0]

    async def close(self) -> None:
        """Forget all."""
        self._pins.clear()

    async def _addresses(self, host: str, port: int) -> list[str]:
        if time.monotonic() - self._failed.get((host, port), float("-inf")) < _NOT_AGAIN:
            raise OSError(f"{host} could not be resolved a moment ago")
        try:
            addresses = await self._lookup(host, port)
        except (OSError, asyncio.CancelledError):
            self._failed[host, port] = time.monotonic()
            raise
        if not addresses:
            raise OSError(f"{host} has no address")
        return addresses


async def look_up(host: str, port: int) -> list[str]:
    """Return every address that the system knows of a name.

    In a thread of its own: those of the event loop are few, and names that nobody resolves would
    take all of them, for the names of others and for whatever else needs one.

    Raises:
        OSError: the name can't be resolved.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def look() -> None:
        try:
            results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            tell(OSError(f"{host} can't be resolved: {error}"))
        else:
            tell(list(dict.fromkeys(str(address[0]) for *_, address in results)))

    def tell(result: list[str] | OSError) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result)

    def settle(result: list[str] | OSError) -> None:
        if found.done():
            return
        if isinstance(result, OSError):
            found.set_exception(result)
        else:
            found.set_result(result)

    Thread(target=look, name=f"name {host:.40}", daemon=True).start()
    return await found


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )
