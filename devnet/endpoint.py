"""A node's address: websocket and HTTP POST on one port, and the ways in which it can fail.

aiohttp serves both on one port and leaves the accepting of connections to us, so that a frozen
process can be told from a dead one as a client sees them: frozen, connections are accepted by the
kernel and nothing is read from them; killed, they are broken and new ones refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from aiohttp import WSCloseCode, WSMsgType, web

from chains.bitshares.wire import text_of
from devnet.lies import Tongue, Wire
from devnet.rpc import Connection, Reply, encode
from devnet.session import Session
from devnet.values import Json

MAX_MESSAGE = 32_000_000
_BACKLOG = 128
_CLOSE_REASONS: dict[int, bytes] = {
    WSCloseCode.MESSAGE_TOO_BIG: b"A message was too large",
    WSCloseCode.INVALID_TEXT: b"Invalid UTF8 encoding",
}

OpenSession = Callable[[Callable[[Json], None] | None], Session]
"""Makes a session of a node; the argument sends notices, None where there is no way."""


class Endpoint:
    """One listening address of a node; `lag` in seconds delays every answer and notice."""

    def __init__(
        self, host: str, port: int, open_session: OpenSession, access: frozenset[str]
    ) -> None:
        self.lag = 0.0
        self.tongue = Tongue()
        self._open_session = open_session
        self._access = access
        self._moving = asyncio.Event()
        self._moving.set()
        self._server = web.Server(self._serve, access_log=None)
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        # Bound but never listening: it keeps the port ours while the node is dead.
        self._reservation = _bound(host, port)
        self.host, self.port = self._reservation.getsockname()[:2]

    @property
    def ws_url(self) -> str:
        """Where clients connect by websocket."""
        return f"ws://{self.host}:{self.port}"

    @property
    def http_url(self) -> str:
        """Where clients POST."""
        return f"http://{self.host}:{self.port}"

    def open(self) -> None:
        """Listen and answer."""
        self._moving.set()
        if self._listener is None:
            self._listener = _bound(self.host, self.port)
            self._listener.listen(_BACKLOG)
            self._listener.setblocking(False)
        if self._accepting is None:
            self._accepting = asyncio.create_task(self._accept(self._listener))
        for transport in self._transports():
            transport.resume_reading()

    async def freeze(self) -> None:
        """Stop like a process that got SIGSTOP: everything stays open, nothing answers."""
        self._moving.clear()
        await self._stop_accepting()
        for transport in self._transports():
            transport.pause_reading()

    async def kill(self) -> None:
        """Break all connections and refuse new ones."""
        await self._stop_accepting()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for transport in self._transports():
            transport.abort()
        self._moving.set()

    async def close(self) -> None:
        """Stop for good."""
        await self.kill()
        await self._server.shutdown(0.1)
        self._reservation.close()

    async def answering(self) -> None:
        """Wait until the node is not frozen."""
        await self._moving.wait()

    async def _stop_accepting(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._accepting
            self._accepting = None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            await loop.connect_accepted_socket(self._server, connection)

    def _transports(self) -> list[asyncio.Transport]:
        transports = [each.transport for each in self._server.connections]
        return [each for each in transports if isinstance(each, asyncio.Transport)]

    # -- requests ---------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        await self._moving.wait()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._serve_websocket(request)
        return await self._serve_post(request)

    async def _serve_post(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        session = self._open_session(None)
        try:
            reply = await Connection(session, self._access).answer(text_of(body))
        finally:
            session.close()
        await asyncio.sleep(self.lag)
        await self._moving.wait()
        answer: web.StreamResponse
        if reply.frame is None:
            answer = web.Response(status=reply.status)
        else:
            try:
                answer = await self.tongue.answer(reply.text, reply.status, request)
            except ConnectionError:  # the client lost patience, or was left in the middle
                answer = web.Response()
        answer.force_close()  # a node does, whatever the request says of its connection
        return answer

    async def _serve_websocket(self, request: web.BaseRequest) -> web.StreamResponse:
        socket_ = NodeSocket(max_msg_size=MAX_MESSAGE, compress=False)
        try:
            writer = await socket_.prepare(request)
        except ConnectionError:  # the client lost patience while the node was frozen
            return web.Response()
        outbox = Outbox(self, socket_, Wire(request.transport, writer))
        session = self._open_session(lambda frame: outbox.put(encode(frame)))
        connection = Connection(session, self._access)
        waiting: set[asyncio.Task[None]] = set()
        try:
            async for message in socket_:
                await self._moving.wait()
                text = _frame_text(message.type, message.data)
                if text is None:
                    continue
                task = asyncio.create_task(_reply(connection, text, outbox))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
        finally:
            session.close()
            for task in (*waiting, outbox.task):
                task.cancel()
        return socket_


class NodeSocket(web.WebSocketResponse):
    """A websocket that closes with the node's own words."""

    async def close(
        self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True
    ) -> bool:
        """Close, with a reason where a node gives one."""
        return await super().close(
            code=code, message=message or _CLOSE_REASONS.get(code, b""), drain=drain
        )


class Outbox:
    """The messages on their way to a client, in order, each as late as the endpoint lags."""

    def __init__(self, endpoint: Endpoint, socket_: web.WebSocketResponse, wire: Wire) -> None:
        self._endpoint = endpoint
        self._socket = socket_
        self._wire = wire
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self.task = asyncio.create_task(self._send_all())

    def put(self, text: str) -> None:
        """Take a message; one that is no UTF-8 is not sent."""
        if not text.isascii() and not _is_utf8(text):
            return
        if self._endpoint.lag:
            loop = asyncio.get_running_loop()
            loop.call_later(self._endpoint.lag, self._queue.put_nowait, text)
        else:
            self._queue.put_nowait(text)

    async def _send_all(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client is gone: its reader notices too
            while True:
                text = await self._queue.get()
                await self._endpoint.answering()
                await self._endpoint.tongue.say(text, self._socket, self._wire)


async def _reply(connection: Connection, text: str, outbox: Outbox) -> None:
    reply: Reply = await connection.answer(text)
    if reply.frame is not None:
        outbox.put(reply.text)


def _frame_text(kind: WSMsgType, data: object) -> str | None:
    """Return a frame's text: binary ones count as text, undecodable ones are dropped."""
    if kind is WSMsgType.TEXT and isinstance(data, str):
        return data
    if kind is WSMsgType.BINARY and isinstance(data, bytes):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode()
    return None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"can't listen on {host}:{port}: {error.strerror}") from error
    return bound
