"""The services: a node that runs alone until a signal stops it, and a replica beside other work."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from peernode.errors import PeerNodeError
from peernode.node import Node, Replica, open_node, open_replica
from peernode.settings import BareNodeSettings, ReplicaSettings
from serving.server import Server, listen, running, stopped_by_signals

_GRACE_SECONDS = 1
"""Seconds that requests in hand have when it stops."""

_log = structlog.get_logger("peernode")


async def _nothing(_node: Node) -> None:
    return


async def serve_node(
    settings: BareNodeSettings,
    *,
    on_listen: Callable[[str, int], None] = lambda _host, _port: None,
    first: Callable[[Node], Awaitable[None]] = _nothing,
) -> None:
    """Run a node until SIGTERM, SIGINT or cancellation; it then stops within seconds.

    `on_listen` is told host and port, which the system chooses if the settings say 0. `first` is
    done beside serving, once.

    Raises:
        StoreError: the database can't be used.
        OSError: the address can't be listened on.
    """
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(contextlib.closing(listen(settings.host, settings.port)))
        node = await stack.enter_async_context(open_node(settings))
        server = Server(node.app, grace=_GRACE_SECONDS, on_stop=node.stop)
        stack.enter_context(stopped_by_signals(server))
        host, port = listener.getsockname()[:2]
        _log.info("node started", host=host, port=port, blocks=await node.store.length())
        on_listen(host, port)
        async with running(server, listener) as served:
            await _at_first(first(node))
            await asyncio.shield(served)
    _log.info("node stopped")


@contextlib.asynccontextmanager
async def serve_replica(
    settings: ReplicaSettings, listener: socket.socket | None = None
) -> AsyncIterator[Replica]:
    """Serve a replica of the longest chain at its own address while the context lasts.

    `listener` listens there already, if it is given; it is closed in the end.

    Raises:
        StoreError: the database can't be used.
        OSError: the address can't be listened on.
    """
    async with contextlib.AsyncExitStack() as stack:
        listener = listener or listen(settings.host, settings.port)
        stack.enter_context(contextlib.closing(listener))
        replica = await stack.enter_async_context(open_replica(settings))
        server = Server(replica.app, grace=_GRACE_SECONDS, on_stop=replica.stop)
        host, port = listener.getsockname()[:2]
        _log.info("replica started", host=host, port=port, blocks=await replica.store.length())
        async with running(server, listener):
            yield replica
    _log.info("replica stopped")


async def _at_first(work: Awaitable[None]) -> None:
    try:
        await work
    except PeerNodeError as error:
        _log.warning("the chain was not brought up to date", error=str(error))
