"""A node's websocket without a network: its bytes are handed over, and what is read is returned."""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.headers import build_host
from websockets.protocol import State
from websockets.uri import parse_uri
from websockets.utils import accept_key

from chains.bitshares.connection import Budget, NodeConnection
from tests.fuzz.target import runner

Heard = tuple[list[str | bytes], str]
"""The messages that were read, and why the node was left."""

_LONGEST = 10_000
_URI = parse_uri("ws://127.0.0.1:1")


def heard(pieces: list[bytes]) -> Heard:
    """Return what is made of bytes that a node sends, in pieces, after a proper handshake."""
    return runner().run(_hear(pieces))


async def _hear(pieces: list[bytes]) -> Heard:
    protocol = ClientProtocol(_URI, max_size=_LONGEST)
    budget = Budget(burst=100_000, rate=0, clock=lambda: 0.0)
    connection = NodeConnection(
        protocol, budget=budget, max_queue=None, ping_interval=None, close_timeout=None
    )
    wire = _Wire(connection)
    connection.connection_made(wire)
    request = protocol.connect()
    protocol.send_request(request)
    connection.send_data()
    key = request.headers["Sec-WebSocket-Key"]
    connection.data_received(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
    )
    assert protocol.state is State.OPEN
    assert build_host(_URI.host, _URI.port, _URI.secure) == request.headers["Host"]
    for piece in pieces:
        if not wire.is_lost:
            connection.data_received(piece)
    wire.lose()
    messages: list[str | bytes] = []
    try:
        while True:
            messages.append(await connection.recv())
    except ConnectionClosed:
        return messages, connection.why_lost()


class _Wire(asyncio.Transport):
    """Takes what is written, and is lost at the end or when it is aborted."""

    def __init__(self, connection: NodeConnection) -> None:
        super().__init__()
        self.is_lost = False
        self._connection = connection
        self._written = 0

    def write(self, data: Any) -> None:
        self._written += len(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self._written

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def abort(self) -> None:
        self.is_lost = True

    def close(self) -> None:
        self.is_lost = True

    def lose(self) -> None:
        """Have the connection hear of its end."""
        self.is_lost = True
        self._connection.connection_lost(None)
