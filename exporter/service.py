"""The exporter as a service: the watch and the web server in one loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import NodeView
from chains.bitshares.votes import VoteWatch
from chains.bitshares.watch import Watch
from chains.peer.views import PeerView
from chains.settings import ChainSettings, PeerChainSettings
from chains.standing import Verdict
from exporter.access import IN_THE_CLEAR, users_of
from exporter.app import create_app
from exporter.exposition import Exposition
from exporter.instruments import Instruments
from exporter.settings import ExporterSettings
from serving.open_files import allow_connections
from serving.server import Server, listen, stopped_by_signals

if TYPE_CHECKING:
    from chains.peer.watch import PeerWatch

_GRACE_SECONDS = 1
_log = structlog.get_logger("exporter")


async def serve(
    chain: ChainSettings,
    settings: ExporterSettings,
    peers: PeerChainSettings | None = None,
    *,
    on_listen: Callable[[int], None] = lambda _port: None,
) -> None:
    """Follow the chain, and peers if there are some, and serve metrics until SIGTERM or SIGINT.

    `on_listen` is told the port, which the system chooses if the settings say 0.

    Raises:
        ExporterError: its certificate or file of users can't be used.
        OSError: the address can't be listened on.
    """
    users = users_of(settings)
    outgoing = chain.endpoints + (len(peers.nodes) if peers else 0)
    if too_few := allow_connections(outgoing):
        _log.warning("exporter", why=too_few)
    instruments = Instruments(node.name for node in chain.nodes)
    watch = Watch(chain, on_call=instruments.called, on_verdict=_log_verdict, on_clock=_log_clock)
    of_peers = _watch_of(peers) if peers else None
    votes = VoteWatch(watch)
    exposition = Exposition(watch, instruments.registry, watch.clock.now, of_peers, votes)
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        app = create_app(watch, exposition, of_peers, users)
        server = Server(app, grace=_GRACE_SECONDS, tls=settings.tls)
        host, port = listener.getsockname()[:2]
        _log_start(settings, host, port, len(chain.nodes))
        on_listen(port)
        with stopped_by_signals(server):
            async with asyncio.TaskGroup() as group:
                working = [
                    group.create_task(watch.run(), name="watch"),
                    group.create_task(votes.run(), name="votes"),
                    group.create_task(exposition.keep_fresh(watch.changed), name="exposition"),
                ]
                if of_peers:
                    working.append(group.create_task(of_peers.run(), name="peers"))
                await server.serve(sockets=[listener])
                for task in working:
                    task.cancel()
    _log.info("exporter stopped")


def _watch_of(peers: PeerChainSettings) -> PeerWatch:
    # What it takes to ask peers is an eighth of the start, and most have none.
    from chains.peer.watch import PeerWatch  # noqa: PLC0415

    return PeerWatch(peers, on_verdict=_log_peer)


def _log_start(settings: ExporterSettings, host: str, port: int, nodes: int) -> None:
    _log.info("exporter started", host=host, port=port, scheme=settings.scheme, nodes=nodes)
    if settings.passwords_in_the_clear:
        _log.warning("exporter", why=IN_THE_CLEAR)


def _log_verdict(view: NodeView) -> None:
    well = view.verdict is Verdict.CANONICAL
    log = _log.info if well else _log.warning
    log("node", node=view.name, verdict=view.verdict, why=view.detail)


def _log_peer(view: PeerView) -> None:
    well = view.verdict is Verdict.CANONICAL
    log = _log.info if well else _log.warning
    log("peer", peer=view.name, verdict=view.verdict, why=view.detail)


def _log_clock(kept: Timekeeping) -> None:
    log = _log.warning if kept.sentence else _log.info
    log("clock", why=kept.sentence or "no longer taken to be off", offset=kept.offset)
