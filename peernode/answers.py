"""The chain as an answer, written while it is read from the database."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from peernode.errors import StoreError
from peernode.rows import Head
from peernode.snapshot import Snapshot
from peernode.store import Store
from serving.presence import gone

_SECONDS = 30.0
_BYTES_PER_SECOND = 100_000
"""A caller has this long, and for each so many bytes another second, to take an answer."""

_GZIP = 16 + zlib.MAX_WBITS
_FASTEST = 1

_log = structlog.get_logger("peernode.answers")


@dataclass(frozen=True, slots=True)
class Frame:
    """Which blocks an answer holds (`first`..`last`), and what stands around and between them.

    One that is `tagged` is the same as long as the chain is.
    """

    first: int
    last: int
    opening: bytes
    between: bytes
    closing: bytes
    media_type: str = "application/json"
    tagged: bool = True

    def size(self, bodies: int) -> int:
        """Return what the answer takes when its blocks take `bodies` bytes."""
        gaps = max(0, self.last - self.first)
        return len(self.opening) + bodies + gaps * len(self.between) + len(self.closing)


class Writer:
    """Makes an answer's bytes of its blocks, as they come."""

    def __init__(self, frame: Frame, *, packed: bool) -> None:
        self._frame = frame
        self._lead = frame.opening
        self._begun = False
        self._pack = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP) if packed else None

    def write(self, bodies: Iterable[bytes]) -> bytes:
        """Return the bytes for one more block or several; none yet, maybe, when compressed."""
        text = self._lead + self._frame.between.join(bodies)
        self._lead, self._begun = self._frame.between, True
        return self._pack.compress(text) if self._pack else text

    def end(self) -> bytes:
        """Return the last bytes."""
        text = (b"" if self._begun else self._lead) + self._frame.closing
        return self._pack.compress(text) + self._pack.flush() if self._pack else text


class ChainAnswer(Response):
    """Blocks of the chain as it is when the answer begins, and is until its end.

    `frame` says which ones, and how. Compressed where the caller takes that; else its length is
    told, as it is to who asks for the head of the answer only.

    Raises:
        RefusedError, StoreError: while it is called; nothing was answered yet.
    """

    def __init__(self, store: Store, frame: Callable[[Head], Frame]) -> None:
        self.background = None
        self._store = store
        self._frame = frame

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the answer."""
        request = Request(scope, receive)
        async with self._store.snapshot() as snapshot:
            frame = self._frame(snapshot.head)
            bodies = await snapshot.size(frame.first, frame.last)
            headers = {"content-type": frame.media_type, "vary": "Accept-Encoding"}
            if frame.tagged:
                headers["etag"] = tag = f'"{snapshot.head.hash}"'
                if tag in _list(request.headers.get("if-none-match", "")):
                    await _whole(send, 304, headers)
                    return
            size = frame.size(bodies)
            packed = "gzip" in _list(request.headers.get("accept-encoding", ""))
            if request.method == "HEAD" or not packed:
                headers["content-length"] = str(size)
            else:
                headers["content-encoding"] = "gzip"
            if request.method == "HEAD":
                await _whole(send, 200, headers)
                return
            await _start(send, 200, headers)
            await self._stream(request, send, snapshot, frame, Writer(frame, packed=packed), size)

    async def _stream(
        self,
        request: Request,
        send: Send,
        snapshot: Snapshot,
        frame: Frame,
        writer: Writer,
        size: int,
    ) -> None:
        left = asyncio.create_task(gone(request))
        try:
            async with (
                asyncio.timeout(_SECONDS + size / _BYTES_PER_SECOND),
                aclosing(snapshot.read(frame.first, frame.last, writer.write)) as parts,
            ):
                async for part in parts:
                    if left.done():
                        return
                    await _more(send, part)
                await _more(send, writer.end(), last=True)
        except TimeoutError:
            _log.warning("a caller takes too long to read the chain, and is left", bytes=size)
        except StoreError as error:
            _log.error("the chain could not be read to its end", error=str(error))
        finally:
            left.cancel()
            await asyncio.wait({left})


def _list(header: str) -> list[str]:
    """Return the parts of a header that don't say that they are not wanted."""
    parts = [part.strip().replace(" ", "") for part in header.split(",")]
    return [
        part.partition(";")[0].removeprefix("W/")
        for part in parts
        if not part.endswith((";q=0", ";q=0.0"))
    ]


async def _whole(send: Send, status: int, headers: dict[str, str]) -> None:
    await _start(send, status, headers)
    await _more(send, b"", last=True)


async def _start(send: Send, status: int, headers: dict[str, str]) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _more(send: Send, body: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})
