"""A web server in the caller's loop, with the caller's signals and the caller's socket.

uvicorn would handle signals by itself, and raise them again once it has stopped: before whatever
else runs in the loop has finished its step.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import uvicorn

from serving.connection import MOST, PATIENCE, Connection
from serving.door import Lobby
from serving.tls import TlsFiles, server_context

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """A server for an ASGI application; requests in hand get `grace` seconds when it stops.

    With `tls` it speaks HTTPS only. Headers by which a proxy tells of its caller are not believed.
    A request that takes longer than `patience` seconds to come is not waited for, and of more than
    `most` connections the last ones are closed. `on_stop` is called when it begins to stop, so that
    what requests wait for can end within the grace.
    """

    def __init__(
        self,
        app: Any,
        *,
        grace: int,
        tls: TlsFiles | None = None,
        patience: float = PATIENCE,
        most: int = MOST,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_stop = on_stop
        self._lobby = Lobby(server_context(tls), patience, most) if tls else None
        connection: Any = partial(Connection, patience=patience, most=most)
        if self._lobby:
            connection = partial(self._lobby.protocol, connection)
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                http=connection,
                lifespan="off",
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=grace,
                ws="none",
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: tell whom requests wait for, then wait for the requests."""
        self._on_stop()
        if self._lobby:
            await self._lobby.close()
        await super().shutdown(sockets)
        for each in tuple(self.server_state.connections):
            each.transport.abort()  # else it is waited for his part of the end of TLS

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `stopped_by_signals`."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one.

    Raises:
        OSError: the address can't be listened on; the text names it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # the address follows in brackets
        raise OSError(error.errno, f"can't listen on {host}:{port}: {reason}") from error
    # Connections inherit it. Without, an answer's body waits 40 ms for its head to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextlib.contextmanager
def stopped_by_signals(server: Server) -> Iterator[None]:
    """Have SIGTERM and SIGINT stop a server, however the process was started."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def running(server: Server, listener: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Have a server run, and stop it in the end; yields the task that ends when it stops."""
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield serving
    finally:
        server.should_exit = True
        await serving
