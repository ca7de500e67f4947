"""What a node can't say by websocket, asked of it by HTTP at the same address.

A stock node writes text into JSON as it came, and then doesn't send a message that is no UTF-8 over
a websocket: what was asked is never answered (fc, `io/json.cpp` and websocketpp; seen on a real
node). Anybody may have such text in a block for a fee, or in a proposal about somebody's account.

HTTP/1.0, since its answer comes in one piece, which ends with the connection: nothing that is to be
taken apart chunk by chunk, and no library that would do so for as long as a node likes. All that is
read is paid for, like the frames of a websocket.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from chains.bitshares.connection import MAX_MESSAGE_BYTES, Budget
from chains.bitshares.wire import text_of

_AT_ONCE = 65_536
_MOST = MAX_MESSAGE_BYTES + _AT_ONCE
_HEAD_ENDS = b"\r\n\r\n"


class AsideError(Exception):
    """There is no answer by HTTP either."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is asked: at its websocket's `url`, whose name was resolved to `host`, `port`.

    It isn't resolved anew, which could lead elsewhere by now, and takes a thread for as long as
    some name server likes.
    """

    url: str
    host: str
    port: int

    async def ask(self, question: str, budget: Budget) -> str:
        """Return the body of the answer to a JSON-RPC question, as `wire.text_of` reads it.

        It takes as long as the node does: the caller has the deadline.

        Raises:
            AsideError: the node isn't reached so, or sends more than it may.
        """
        parts = urlsplit(self.url)
        secure = _trust() if parts.scheme == "wss" else None
        name = parts.hostname if secure else None
        try:
            reader, writer = await asyncio.open_connection(
                self.host, self.port, ssl=secure, server_hostname=name
            )
        except OSError as error:
            raise AsideError(str(error)) from error
        try:
            path = f"{parts.path or '/'}?{parts.query}".rstrip("?")
            writer.write(_request(parts.netloc, path, question.encode()))
            return await read_answer(reader, budget)
        except OSError as error:
            raise AsideError(str(error)) from error
        finally:
            writer.transport.abort()


async def read_answer(reader: asyncio.StreamReader, budget: Budget) -> str:
    """Return the body of an answer of HTTP/1.0, as `wire.text_of` reads it.

    Raises:
        AsideError: it is none, or longer than it may be.
    """
    return text_of(_body(await _all_of(reader, budget)))


def _request(host: str, path: str, question: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.0",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(question)}",
    )
    return "\r\n".join(head).encode() + _HEAD_ENDS + question


async def _all_of(reader: asyncio.StreamReader, budget: Budget) -> bytes:
    said = bytearray()
    while piece := await reader.read(_AT_ONCE):
        said += piece
        if len(said) > _MOST or not budget.pay(len(piece)):
            raise AsideError("more than it may send")
    return bytes(said)


def _body(said: bytes) -> bytes:
    head, found, body = said.partition(_HEAD_ENDS)
    if not found or not head.startswith(b"HTTP/1."):
        raise AsideError("no answer of HTTP")
    return body


@cache
def _trust() -> ssl.SSLContext:
    """Return whose certificates are taken: those that the system trusts, as by websocket."""
    return ssl.create_default_context()
