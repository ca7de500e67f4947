"""The service: a switcher behind its HTTP server, until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from chains.settings import ChainSettings
from peernode.settings import ReplicaSettings
from serving.server import Server, listen, running, stopped_by_signals
from switcher import exposure
from switcher.app import create_app
from switcher.feed import Feed
from switcher.running import open_switcher
from switcher.settings import SwitcherSettings

_REQUEST_SECONDS = 1
"""Seconds that requests in hand have when the service stops; with the steps in hand under 10."""

_log = structlog.get_logger("switcher")


async def serve(
    chain: ChainSettings,
    settings: SwitcherSettings,
    replica: ReplicaSettings | None = None,
    *,
    on_listen: Callable[[int], None] = lambda _port: None,
) -> None:
    """Run the switcher until SIGTERM, SIGINT or cancellation; it then stops within 10 s.

    `replica` is that of the peer chain, which is served at an address of its own; None: there is
    none. `on_listen` is told the port, which the system chooses if the settings say 0.

    Raises:
        TokenFileError, SecretFileError, JournalError: what it was given can't be used.
        ExposureError: it would be reached from elsewhere, without TLS or without a token.
        OSError: the address can't be listened on.
    """
    exposure.refuse_plain(settings, settings.host)
    if settings.tls:
        exposure.refuse_unusable(settings.tls)
    async with contextlib.AsyncExitStack() as stack:
        listening = contextlib.closing(listen(settings.host, settings.port))
        listener = stack.enter_context(listening)
        host, port = listener.getsockname()[:2]
        exposure.refuse_plain(settings, host)
        switcher = await stack.enter_async_context(open_switcher(chain, settings, replica))
        app = create_app(switcher)
        listeners: Feed = app.state.feed
        server = Server(app, grace=_REQUEST_SECONDS, tls=settings.tls, on_stop=listeners.close)
        stack.enter_context(stopped_by_signals(server))
        _log.info(
            "switcher started",
            host=host,
            port=port,
            scheme=settings.scheme,
            witnesses=len(chain.witnesses),
        )
        on_listen(port)
        async with running(server, listener) as served:
            await asyncio.shield(served)
    _log.info("switcher stopped")
