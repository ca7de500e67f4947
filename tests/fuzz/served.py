"""Servers that answer in a thread of their own while a test calls them from elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from devnet.keys import active_key
from serving.server import Server, listen, running
from switcher.app import create_app
from switcher.running import open_switcher
from tests.switcher.calling import CHAIN
from tests.switcher.stage import WITNESS, Home

_T = TypeVar("_T")


@dataclass(frozen=True)
class Switcher:
    """A switcher none of whose nodes can be reached, at `url`."""

    home: Home
    url: str


@asynccontextmanager
async def switching(folder: Path) -> AsyncIterator[Switcher]:
    """Run a switcher without the signals of a service, which are a main thread's."""
    home = Home(folder, active_key(WITNESS).wif)
    with closing(listen("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()[:2]
        async with open_switcher(CHAIN, home.settings()) as switcher:
            app = create_app(switcher)
            server = Server(app, grace=1, on_stop=app.state.feed.close)
            async with running(server, listener):
                yield Switcher(home, f"http://{host}:{port}")


@contextmanager
def served(server: AbstractAsyncContextManager[_T]) -> Iterator[_T]:
    """Have an asynchronous context while this one lasts."""
    begun, over, entered = threading.Event(), asyncio.Event(), list[_T]()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        try:
            async with server as value:
                entered.append(value)
                begun.set()
                await over.wait()
        finally:
            begun.set()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    try:
        yield entered[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
