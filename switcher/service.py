"""The service: a switcher behind its HTTP server, until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from chains.settings import ChainSettings
from switcher.app import create_app
from switcher.running import open_switcher
from switcher.settings import SwitcherSettings

_REQUEST_SECONDS = 1
"""Seconds that requests in hand have when the service stops; with the steps in hand under 10."""

_log = structlog.get_logger("switcher")


async def serve(
    chain: ChainSettings,
    settings: SwitcherSettings,
    *,
    on_listen: Callable[[int], None] = lambda _port: None,
) -> None:
    """Run the switcher until SIGTERM, SIGINT or cancellation; it then stops within 10 s.

    `on_listen` is told the port, which the system chooses if the settings say 0.

    Raises:
        TokenFileError, SecretFileError, JournalError: what it was given can't be used.
        OSError: the address can't be listened on.
    """
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(contextlib.closing(_listen(settings)))
        switcher = await stack.enter_async_context(open_switcher(chain, settings))
        server = _Server(
            uvicorn.Config(
                create_app(switcher),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_REQUEST_SECONDS,
            )
        )
        stack.enter_context(_stopped_by_signals(server))
        host, port = listener.getsockname()[:2]
        _log.info("switcher started", host=host, port=port, witnesses=len(chain.witnesses))
        on_listen(port)
        await _run(server, listener)
    _log.info("switcher stopped")


async def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again once it has stopped, before the workers have.
        yield


@contextlib.contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _listen(settings: SwitcherSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise OSError(error.errno, f"can't listen on {where}: {error.strerror}") from error
