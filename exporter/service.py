"""The exporter as a service: the watch and the web server in one loop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Iterator

import structlog
import uvicorn

from chains.bitshares.watch import Watch
from chains.settings import ChainSettings
from exporter.app import create_app
from exporter.exposition import Exposition
from exporter.instruments import Instruments
from exporter.settings import ExporterSettings

_GRACE_SECONDS = 1
_log = structlog.get_logger("exporter")


async def serve(chain: ChainSettings, settings: ExporterSettings) -> None:
    """Follow the chain and serve its metrics until SIGTERM or SIGINT.

    Raises:
        OSError: the address can't be listened on.
    """
    instruments = Instruments(node.name for node in chain.nodes)
    watch = Watch(chain, on_call=instruments.called)
    exposition = Exposition(watch, instruments.registry, time.time)
    app = create_app(watch, exposition)
    with contextlib.closing(_listen(settings)) as listener:
        server = _Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        host, port = listener.getsockname()[:2]
        _log.info("exporter started", host=host, port=port, nodes=len(chain.nodes))
        with _stopped_by_signals(server):
            async with asyncio.TaskGroup() as group:
                following = group.create_task(watch.run(), name="watch")
                writing = group.create_task(exposition.keep_fresh(watch.changed), name="exposition")
                await server.serve(sockets=[listener])
                following.cancel()
                writing.cancel()
    _log.info("exporter stopped")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again once it has stopped, before the watch has.
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


def _listen(settings: ExporterSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        reason = str(error.strerror).partition(" (")[0]  # the address follows in brackets
        raise OSError(error.errno, f"can't listen on {where}: {reason}") from error
