"""Relays between the peers of a real network: each connection passes one, which can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from threading import Thread
from typing import Any, Self, TypeVar

_T = TypeVar("_T")
_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: a connection ends at once. Otherwise the port of a node that was killed would be
taken for a minute, for which its successor waits."""


class Links:
    """The relays, in a thread of their own: a test that holds up its loop cuts nobody off."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="links")
        self._relays: dict[int, _Relay] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for relay in self._relays.values():
            self._run(relay.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, called: int) -> int:
        """Return the port of a new relay to a port."""
        relay = _Relay(called)
        port = self._run(relay.open())
        self._relays[port] = relay
        return port

    def cut(self, port: int) -> None:
        """End what passes a relay, and let nothing through any more."""
        self._run(self._relays[port].cut())

    def mend(self, port: int) -> None:
        """Let connections through a relay again."""
        self._run(self._relays[port].mend())

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _Relay:
    def __init__(self, called: int) -> None:
        self._called = called
        self._whole = True
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self.cut()
        await self._server.wait_closed()

    async def cut(self) -> None:
        self._whole = False
        passing = list(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def mend(self) -> None:
        self._whole = True

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._lead(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.ExitStack() as leaving:
            leaving.callback(_end, writer)
            if not self._whole:
                return
            with contextlib.suppress(OSError):
                onward = await asyncio.open_connection("127.0.0.1", self._called)
                leaving.callback(_end, onward[1])
                directions = {
                    asyncio.ensure_future(_pump(reader, onward[1])),
                    asyncio.ensure_future(_pump(onward[0], writer)),
                }
                try:
                    await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for each in directions:
                        each.cancel()
                    await asyncio.gather(*directions, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


def _end(writer: asyncio.StreamWriter) -> None:
    end: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
