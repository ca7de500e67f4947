"""What a node says instead of what it has to say.

garbage       text that is no JSON
half          the first half, as if it were all of it
torn          the first half, and then the connection breaks in the middle of the frame
other_id      the answer to a call that nobody made
other_answer  what a call of another kind was answered, as if it answered this one
endless       a message that never ends: fragments, and none of them the last
flood         notices, as fast as they are taken
mute          nothing
pings         nothing but pings
drip          the truth, a byte at a time

Over HTTP, where there are neither frames nor pings, a body takes the place of a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from chains.bitshares.wire import bytes_of
from devnet.values import Json

_CONTINUATION, _TEXT, _PING, _FIN = 0x0, 0x1, 0x9, 0x80
_SHORT, _MIDDLE, _LENGTH_16, _LENGTH_64 = 126, 1 << 16, 126, 127
"""RFC 6455, 5.2: a length below 126 stands for itself, these two for one of 16 or 64 bits after."""

_PIECE = b'{"id":1,"result":"' + b"x" * 65_000
_NOTICE = json.dumps({"method": "notice", "params": [1, ["00" * 8_000]]}).encode()
_PIECES_PAUSE, _PINGS_PAUSE, _BYTES_PAUSE = 0.002, 0.1, 0.05


class UnknownLieError(Exception):
    """There is no such lie."""

    def __init__(self, name: object) -> None:
        super().__init__(f"there is no lie {name!r}; there are {', '.join(LIES)}")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out as one message: its bytes piece by piece, with seconds between them.

    `length` is what is announced before the first piece; None: the message has no end. If there are
    fewer bytes than announced, the connection breaks after the last.
    """

    pieces: Iterable[bytes]
    length: int | None
    pause: float = 0.0
    opcode: int = _TEXT


@dataclass(frozen=True, slots=True)
class Wire:
    """A client's connection below the frames."""

    transport: asyncio.Transport | None
    writer: AbstractStreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes, as fast as the client takes them.

        Raises:
            ConnectionError: the client is gone.
        """
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.transport.write(data)
        await self.writer.drain()


Lie = Callable[[bytes, Json], Iterable[Message]]
"""From the truth, and an answer to another call, to the messages that take its place."""


def _whole(said: bytes) -> Message:
    return Message((said,), len(said))


def _frame(members: Json) -> list[Message]:
    return [_whole(json.dumps(members, separators=(",", ":")).encode())]


def _other_id(truth: bytes, _other: Json) -> list[Message]:
    frame: Json = json.loads(truth)
    return _frame(frame | {"id": frame["id"] + 1_000_000} if _is_answer(frame) else frame)


def _other_answer(truth: bytes, other: Json) -> list[Message]:
    frame: Json = json.loads(truth)
    if not _is_answer(frame):
        return [_whole(truth)]
    return _frame((other or {"result": None}) | {"id": frame["id"]})


def _is_answer(frame: Json) -> bool:
    return isinstance(frame.get("id"), int)


LIES: dict[str, Lie] = {
    "garbage": lambda _truth, _other: [_whole(b"\x7fELF is what this is, and no JSON")],
    "half": lambda truth, _other: [_whole(truth[: len(truth) // 2])],
    "torn": lambda truth, _other: [Message((truth[: len(truth) // 2],), len(truth))],
    "other_id": _other_id,
    "other_answer": _other_answer,
    "endless": lambda _truth, _other: [Message(itertools.repeat(_PIECE), None, _PIECES_PAUSE)],
    "flood": lambda _truth, _other: itertools.repeat(_whole(_NOTICE)),
    "mute": lambda _truth, _other: [],
    "pings": lambda _truth, _other: itertools.repeat(Message((b"",), 0, _PINGS_PAUSE, _PING)),
    "drip": lambda truth, _other: [
        Message((bytes((byte,)) for byte in truth), len(truth), _BYTES_PAUSE)
    ],
}


class Tongue:
    """How a node says things to its clients; `lie` is what it does instead, empty if it does not.

    A connection on which something was begun and not ended is broken by `stop_lying`.
    """

    def __init__(self) -> None:
        self.lie = ""
        self._answers: dict[type, Json] = {}
        self._begun: set[asyncio.Transport] = set()
        self._repenting = asyncio.Event()

    def start_lying(self, lie: object) -> None:
        """Tell nothing but a lie from now on.

        Raises:
            UnknownLieError: there is none of this name.
        """
        if not isinstance(lie, str) or lie not in LIES:
            raise UnknownLieError(lie)
        self.lie = lie
        self._repenting.clear()

    def stop_lying(self) -> None:
        """Tell the truth again."""
        self.lie = ""
        self._repenting.set()
        for transport in self._begun:
            transport.abort()

    async def say(self, text: str, socket: web.WebSocketResponse, wire: Wire) -> None:
        """Send a message over a websocket that uses this wire.

        Raises:
            ConnectionError: the client is gone, or was left in the middle.
        """
        messages = self._lied(text)
        if messages is None:
            await socket.send_str(text)
            return
        with self._begins(wire.transport):
            said = False
            for message in messages:
                said = True
                await _send_frames(message, wire)
                await asyncio.sleep(message.pause)
            if not said:
                await self._repenting.wait()

    async def answer(self, text: str, status: int, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a POST.

        Raises:
            ConnectionError: the client is gone, or was left in the middle.
        """
        messages = self._lied(text)
        if messages is None:
            return web.Response(body=bytes_of(text), status=status, content_type="application/json")
        with self._begins(request.transport):
            message = next(iter(messages), None)
            if message is not None and message.opcode == _TEXT:
                return await _send_body(message, request)
            await self._repenting.wait()
            raise ConnectionResetError("never answered")

    def _lied(self, text: str) -> Iterable[Message] | None:
        frame: Json = json.loads(text)
        kind = type(frame.get("result"))
        others = [answer for known, answer in self._answers.items() if known is not kind]
        if _is_answer(frame):
            self._answers.pop(kind, None)
            self._answers[kind] = frame  # the newest comes last
        return LIES[self.lie](bytes_of(text), others[-1] if others else {}) if self.lie else None

    @contextlib.contextmanager
    def _begins(self, transport: asyncio.Transport | None) -> Iterator[None]:
        if transport is None:
            raise ConnectionResetError("the client is gone")
        self._begun.add(transport)
        try:
            yield
        except ConnectionError:
            transport.close()  # what was written still goes out
            raise
        finally:
            self._begun.discard(transport)


async def _send_frames(message: Message, wire: Wire) -> None:
    if message.length is None:
        opcode = message.opcode
        for piece in message.pieces:
            await wire.send(_head(opcode, len(piece)) + piece)
            opcode = _CONTINUATION
            await asyncio.sleep(message.pause)
        return
    head, sent = _head(_FIN | message.opcode, message.length), 0
    for piece in message.pieces:
        await wire.send(head + piece)
        head, sent = b"", sent + len(piece)
        await asyncio.sleep(message.pause)
    if sent < message.length:
        raise ConnectionResetError("left in the middle of a frame")


def _head(first: int, length: int) -> bytes:
    if length < _SHORT:
        return bytes((first, length))
    if length < _MIDDLE:
        return bytes((first, _LENGTH_16)) + length.to_bytes(2, "big")
    return bytes((first, _LENGTH_64)) + length.to_bytes(8, "big")


async def _send_body(message: Message, request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = message.length
    await response.prepare(request)
    sent = 0
    for piece in message.pieces:
        await response.write(piece)
        sent += len(piece)
        await asyncio.sleep(message.pause)
    if message.length is not None and sent < message.length:
        raise ConnectionResetError("left in the middle of a body")
    return response
