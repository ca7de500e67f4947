"""Where callers of a server with TLS are counted before they have shaken hands.

asyncio tells of a connection once that is done, and waits a minute for it: whoever connects and
says nothing would use up the files that a process may open, unseen by `serving.connection`.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from typing import Any


class Lobby:
    """Lets at most `most` connections in, each of which has `patience` seconds to shake hands."""

    def __init__(self, context: ssl.SSLContext, patience: float, most: int) -> None:
        self._context = context
        self._patience = patience
        self._most = most
        self._inside: dict[_Door, asyncio.Transport] = {}

    def protocol(self, make: Callable[..., asyncio.Protocol], **options: Any) -> SSLProtocol:
        """Return what speaks TLS for the protocol that is made with these options."""
        return _Door(self, make(**options), self._context, self._patience)

    def enter(self, door: _Door, transport: asyncio.Transport) -> bool:
        """Count a connection; False: there are enough."""
        if len(self._inside) >= self._most:
            return False
        self._inside[door] = transport
        return True

    def leave(self, door: _Door) -> None:
        """Count a connection no more, if it was."""
        self._inside.pop(door, None)

    async def close(self) -> None:
        """Show everybody out who is still here, and wait until they are gone."""
        while self._inside:
            for transport in tuple(self._inside.values()):
                transport.abort()
            await asyncio.sleep(0)  # the loop tells of it in its next turn


class _Door(SSLProtocol):
    def __init__(
        self, lobby: Lobby, inner: asyncio.Protocol, context: ssl.SSLContext, patience: float
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            loop,
            inner,
            context,
            None,  # type: ignore[arg-type]  # as asyncio's own servers have it
            server_side=True,
            ssl_handshake_timeout=patience,  # type: ignore[arg-type]  # it may be a fraction
        )
        self._lobby = lobby

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._lobby.enter(self, transport):
            super().connection_made(transport)
        else:
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._lobby.leave(self)
        super().connection_lost(exc)
