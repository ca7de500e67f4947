"""Calls to peers, any of whom may be anywhere and send anything: guarded, and bounded.

Redirects are not followed, nothing is taken from the environment (no proxies), no cookies are kept.
Who sends nothing for a while is left, headers are limited in number and length, and what comes
compressed is unpacked piece by piece. Connections are kept alive from one question to the next.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp

from chains.errors import (
    AddressRefusedError,
    PeerReplyError,
    PeerUnreachableError,
    TooMuchError,
)
from chains.peer.addresses import Guard
from chains.peer.names import Lookup, Names, look_up
from chains.peer.pace import Pace
from chains.settings import PeerChainSettings, PeerSettings
from chains.words import printable

_PIECE = 64 * 1024
_MOST_UNPACKED = 256 * 1024
"""Bytes that are unpacked at once, however small the packed ones are."""

_KEPT_ALIVE = 75.0
_AGENT = "understudy"


class Reply:
    """What a peer answers: its status and headers, and its body while it comes."""

    def __init__(
        self, peer: str, response: aiohttp.ClientResponse, most: int, timeout: float
    ) -> None:
        self._peer, self._response, self._most = peer, response, most
        self._timeout = timeout
        self.status = response.status

    def header(self, name: str) -> str | None:
        """Return a header's text, None if there is none."""
        return self._response.headers.get(name)

    @property
    def size(self) -> int | None:
        """Return the length that the body is said to have, in bytes; None if it isn't said."""
        said = self.header("Content-Length")
        if said is None or not (said.isascii() and said.isdigit()) or len(said) > 18:
            return None
        return None if self.header("Content-Encoding") else int(said)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes, unpacked, in pieces of some 256 kB at most.

        Raises:
            TooMuchError: there is more than was to be taken.
            PeerUnreachableError: the connection broke, or nothing came for a while.
            PeerReplyError: the body is packed in a way that isn't understood.
        """
        unpack = _unpack(self._peer, self.header("Content-Encoding"))
        taken = 0
        with _told(self._peer):
            while packed := await self._next():
                for piece in unpack(packed):
                    taken += len(piece)
                    if taken > self._most:
                        raise TooMuchError(self._peer, f"sent more than {self._most:,} bytes")
                    yield piece
                    await asyncio.sleep(0)  # much may be there already: others have their turn

    async def _next(self) -> bytes:
        """Return what came of the body, as it was sent; nothing at its end.

        The limit is not the library's: a timer of that goes on behind a large answer, and whoever
        is asked next over the same connection would seem to send nothing.
        """
        async with asyncio.timeout(self._timeout):
            return await self._response.content.read(_PIECE)

    async def json(self) -> Any:
        """Return the body, read as JSON.

        Raises:
            PeerError: as `pieces`, or it is no JSON.
        """
        body = b"".join([piece async for piece in self.pieces()])
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise PeerReplyError(self._peer, "answered with something that is no JSON") from error


class Network:
    """The way to all peers. `guard` says which addresses may be called; see `open_network`.

    Whatever takes apart what they send keeps to one `pace`.
    """

    def __init__(self, session: aiohttp.ClientSession, guard: Guard, timeout: float) -> None:
        self._session, self._guard = session, guard
        self.timeout = timeout
        self.pace = Pace()

    @asynccontextmanager
    async def ask(
        self,
        peer: PeerSettings,
        path: str,
        *,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        packed: bool = False,
        most: int,
    ) -> AsyncIterator[Reply]:
        """Ask a peer for something at a path below its URL; `most` bytes of body are taken.

        `body` is sent as JSON.

        Raises:
            AddressRefusedError: it may not be called.
            PeerUnreachableError: no connection, it broke, or nothing came for `timeout` seconds.
        """
        accept = {"Accept-Encoding": "gzip" if packed else "identity"}
        with _told(peer.name):
            url = self._guard.url(peer.url)
            where = url.with_path(url.path.rstrip("/") + path)
            asked = self._session.request(
                method, where, params=query, json=body, headers=accept, allow_redirects=False
            )
            async with asyncio.timeout(self.timeout):  # early answers put off no other limit
                response = await asked
            async with response:
                yield Reply(peer.name, response, most, self.timeout)


@asynccontextmanager
async def open_network(
    settings: PeerChainSettings, lookup: Lookup | None = None
) -> AsyncIterator[Network]:
    """Open the way to peers for as long as the context lasts.

    The peers of the settings may be anywhere, all others only where `Guard` lets them be.
    """
    guard = Guard((node.url for node in settings.nodes), settings.allowed)
    connector = aiohttp.TCPConnector(
        limit=0,
        resolver=Names(guard, lookup or look_up),
        use_dns_cache=False,
        keepalive_timeout=_KEPT_ALIVE,
    )
    limit = settings.probe_timeout
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=limit),
        headers={"User-Agent": _AGENT},
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_PIECE,
    )
    async with session:
        yield Network(session, guard, limit)


@contextmanager
def _told(peer: str) -> Iterator[None]:
    """Turn what the HTTP library and the system raise into what a caller of peers knows."""
    try:
        yield
    except AddressRefusedError as error:
        raise AddressRefusedError(peer, error.detail) from error
    except TimeoutError as error:
        raise PeerUnreachableError(peer, "sent nothing in time") from error
    except aiohttp.ClientPayloadError as error:
        raise PeerUnreachableError(peer, "its answer broke off") from error
    except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
        said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
        raise PeerReplyError(peer, f"answered what is no HTTP: {_brief(said)}") from error
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        said = _brief(_of_system(error)) or type(error).__name__
        raise PeerUnreachableError(peer, f"can't be reached: {said}") from error


def _of_system(error: Exception) -> str:
    """Return what the system says of an error, without the libraries' words around it."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if not isinstance(cause, OSError) or isinstance(cause, ssl.SSLError):
        return str(cause)
    if cause.errno is not None and cause.errno in errno.errorcode:
        return os.strerror(cause.errno)
    return cause.strerror or str(cause)


def _unpack(peer: str, encoding: str | None) -> Callable[[bytes], Iterator[bytes]]:
    """Return what makes pieces of a body out of what was sent of it."""
    if encoding is None or encoding.lower() == "identity":
        return lambda packed: iter((packed,))
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise PeerReplyError(peer, "packed its answer in a way that it was not asked for")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def pieces(packed: bytes) -> Iterator[bytes]:
        while packed and not unpacking.eof:
            try:
                piece = unpacking.decompress(packed, _MOST_UNPACKED)
            except zlib.error as error:
                raise PeerReplyError(peer, "packed its answer wrongly") from error
            packed = unpacking.unconsumed_tail
            if piece:
                yield piece

    return pieces


def _brief(said: str) -> str:
    """Return the first line of what may be a peer's own words, so that it can be shown."""
    return printable(said.partition("\n")[0], 120)
