"""Peers of both kinds, on ports of their own, whose chains a test sets."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from chains.peer.blocks import encode
from chains.settings import PeerSettings

from .made import Block, tip_of, whole

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Plain:
    """An existing node: the whole chain, and nothing else."""

    def __init__(self, chain: Sequence[Block] = (), name: str = "plain") -> None:
        self.chain = list(chain)
        self.name = name
        self.asked: list[str] = []
        self.settings = PeerSettings(name, "")
        self.instead: dict[str, Handler] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        other = self.instead.get(request.path)
        if other is not None:
            return await other(request)
        return await self.usual(request)

    async def usual(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/chain":
            raise web.HTTPNotFound
        return web.Response(body=self.body(), content_type="application/json")

    def body(self) -> bytes:
        return whole(self.chain, sort_keys=True, separators=(",", ":"))


class Own(Plain):
    """A node of our own kind: what differs can be asked for."""

    def __init__(self, chain: Sequence[Block] = (), name: str = "own") -> None:
        super().__init__(chain, name)
        self.claimed: tuple[int, str] | None = None

    async def usual(self, request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/chain/head":
                at = request.query.get("at")
                if at == "0":
                    raise web.HTTPBadRequest(text="heights begin at 1")
                return self.head(int(at or 0))
            case "/chain/hashes":
                heights = [int(each) for each in request.query["heights"].split(",")]
                return web.json_response({"hashes": [self.hash_at(each) for each in heights]})
            case "/chain/blocks":
                return await self.blocks(request)
        return await super().usual(request)

    def head(self, at: int) -> web.Response:
        length, tip = self.claimed or (len(self.chain), tip_of(self.chain) if self.chain else "")
        found = self.hash_at(at)
        return web.json_response(
            {"length": length, "hash": tip, "at": found and {"height": at, "hash": found}}
        )

    def hash_at(self, height: int) -> str | None:
        return tip_of(self.chain[:height]) if 0 < height <= len(self.chain) else None

    async def blocks(self, request: web.Request) -> web.StreamResponse:
        first, last = int(request.query["from"]), int(request.query["to"])
        lines = b"".join(encode(each) + b"\n" for each in self.chain[first - 1 : last])
        assert "gzip" in request.headers["Accept-Encoding"]
        return web.Response(
            body=gzip.compress(lines),
            content_type="application/x-ndjson",
            headers={"Content-Encoding": "gzip"},
        )


@asynccontextmanager
async def serving(*nodes: Plain | Raw) -> AsyncIterator[list[PeerSettings]]:
    """Serve peers for as long as the context lasts; gives their settings."""
    async with contextlib.AsyncExitStack() as stack:
        for node in nodes:
            if isinstance(node, Raw):
                await stack.enter_async_context(node)
                continue
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", node.answer)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            node.settings = PeerSettings(node.name, f"http://127.0.0.1:{port}")
        yield [node.settings for node in nodes]


def paced(blocks: Sequence[Block], seconds: float) -> Handler:
    """Return an answer that has one block after the other, each after a while."""

    async def answer(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for each in blocks:
            await answer.write(encode(each) + b"\n")
            await asyncio.sleep(seconds)
        return answer

    return answer


async def hang(_request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


Talk = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Raw:
    """A peer that sends whatever a test makes it send: told the path, given the wire."""

    def __init__(self, talk: Talk, name: str = "raw") -> None:
        self.talk, self.name = talk, name
        self.settings = PeerSettings(name, "")
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Raw:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.settings = PeerSettings(self.name, f"http://127.0.0.1:{port}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._lines):
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._answer(reader, writer))
        self._lines[task] = writer
        # Also of one that ends before it began.
        task.add_done_callback(lambda task: self._lines.pop(task).transport.abort())

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = request.split("\r\n", 1)[0].split()
                self.asked.append(f"{method} {path}")
                await self.talk(path if method == "GET" else f"{method} {path}", writer)


async def say(writer: asyncio.StreamWriter, body: bytes, head: str = "200 OK") -> None:
    """Answer with a body of a length that is told."""
    writer.write(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def begin(writer: asyncio.StreamWriter, *headers: str) -> None:
    """Begin an answer that ends when the connection does."""
    lines = "".join(f"{each}\r\n" for each in headers)
    writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{lines}\r\n".encode())
    await writer.drain()


async def without_end(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Send a piece again and again."""
    while True:
        writer.write(piece)
        await writer.drain()
