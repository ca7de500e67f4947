"""Where callers of a server with TLS are counted before they have shaken hands.

asyncio tells of a connection once that is done, and waits a minute for it: whoever connects and
says nothing would use up the files that a process may open, unseen by `serving.connection`. So
connections are taken as they come, and TLS begins on them here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from serving.connection import Connection


class Lobby:
    """Shakes hands with callers for `patience` seconds at most, and lets them in.

    Of more than `most`, inside and at the door, the last ones are sent away.
    """

    def __init__(self, context: ssl.SSLContext, patience: float, most: int) -> None:
        self._context = context
        self._patience = patience
        self._most = most
        self._at_the_door: dict[asyncio.Transport, asyncio.Task[None]] = {}
        self._closed = False

    def protocol(self, make: Callable[..., Connection], **options: Any) -> asyncio.Protocol:
        """Return what receives a caller for the connection that is made with these options."""
        return _Door(self, make(**options))

    def receive(self, transport: asyncio.Transport, connection: Connection) -> None:
        """Begin to shake hands, unless there are enough callers."""
        if self._closed or len(self._at_the_door) + len(connection.connections) >= self._most:
            transport.abort()
            return
        transport.pause_reading()  # the first bytes are TLS's
        letting_in = self._let_in(transport, connection)
        self._at_the_door[transport] = asyncio.create_task(letting_in, name="handshake")

    async def close(self) -> None:
        """Send everybody away who is still at the door, or comes there."""
        self._closed = True
        shaking = dict(self._at_the_door)
        for transport, task in shaking.items():
            task.cancel()
            transport.abort()
        await asyncio.gather(*shaking.values(), return_exceptions=True)

    async def _let_in(self, transport: asyncio.Transport, connection: Connection) -> None:
        first = _First()
        try:
            inside = await asyncio.get_running_loop().start_tls(
                transport,
                first,
                self._context,
                server_side=True,
                ssl_handshake_timeout=self._patience,
            )
        except OSError:  # what he says is no TLS, or he says nothing
            transport.abort()
            return
        finally:
            del self._at_the_door[transport]
        if inside is None or inside.is_closing():  # he has gone
            transport.abort()
            return
        inside.set_protocol(connection)
        connection.connection_made(inside)
        if first.said:
            connection.data_received(bytes(first.said))


class _Door(asyncio.Protocol):
    """Takes a connection before TLS; nothing that comes in the clear is looked at."""

    def __init__(self, lobby: Lobby, connection: Connection) -> None:
        self._lobby = lobby
        self._connection = connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._lobby.receive(transport, self._connection)


class _First(asyncio.Protocol):
    """Keeps what comes together with the end of the handshake."""

    def __init__(self) -> None:
        self.said = bytearray()

    def data_received(self, data: bytes) -> None:
        self.said += data
