"""The way to a peer whose whole answer is written down beforehand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chains.peer.connection import Reply
from chains.peer.pace import Pace
from chains.settings import PeerSettings

_HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "identity", "Content-Length": "9" * 40},
    {"Content-Encoding": "br"},
)


class ScriptedNetwork:
    """Answers every question alike: the first byte picks headers and pieces."""

    timeout = 5.0

    def __init__(self, data: bytes) -> None:
        self.pace = Pace()
        self._kind = data[0] if data else 0
        self._body = data[2:]

    @asynccontextmanager
    async def ask(
        self, peer: PeerSettings, _path: str, *, most: int, **_options: Any
    ) -> AsyncIterator[Reply]:
        """Answer a question."""
        response: Any = Response(self._body, _HEADERS[self._kind & 3], 1 + (self._kind >> 2))
        yield Reply(peer.name, response, most, self.timeout)


def reply(peer: PeerSettings, body: bytes | None, method: str, most: int, timeout: float) -> Reply:
    """Return a peer's whole answer to a request of this method; None: 404."""
    sent = b"" if body is None or method == "HEAD" else body
    response: Any = Response(sent, {}, 4096, 404 if body is None else 200)
    return Reply(peer.name, response, most, timeout)


class Response:
    """As much of a response as a reply is made of."""

    def __init__(self, body: bytes, headers: dict[str, str], size: int, status: int = 200) -> None:
        self.status = status
        self.headers = headers
        self._body, self._size = body, size
        self.content = self

    async def read(self, _most: int) -> bytes:
        piece, self._body = self._body[: self._size], self._body[self._size :]
        return piece
