"""Nodes and replicas that run in the test's own loop, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from chains.peer.blocks import Proof
from chains.settings import PeerChainSettings, PeerSettings
from peernode.node import Node, Replica, open_node
from peernode.service import serve_replica
from peernode.settings import BareNodeSettings, ReplicaSettings
from serving import server as serving
from serving.address import url_of
from serving.server import Server, listen
from tests.peernode.made import EASY
from understudy.stack.ports import free_ports

LOOPBACK = ("127.0.0.0/8",)


@dataclass(frozen=True)
class Running:
    """A node that listens at `url`."""

    url: str
    node: Node
    client: httpx.AsyncClient
    server: Server


def chain_settings(
    peers: Sequence[str] = (), rule: Proof = EASY, allowed: Sequence[str] = LOOPBACK
) -> PeerChainSettings:
    """Return settings that know some peers by their URLs."""
    nodes = tuple(PeerSettings(url.removeprefix("http://"), url) for url in peers)
    return PeerChainSettings(nodes, rule, allowed=tuple(allowed), probe_timeout=2.0, deadline=10.0)


@asynccontextmanager
async def running(
    database: Path | str,
    peers: Sequence[str] = (),
    rule: Proof = EASY,
    allowed: Sequence[str] = LOOPBACK,
) -> AsyncIterator[Running]:
    """Run a node in this loop."""
    url = f"sqlite:///{database}" if isinstance(database, Path) else database
    settings = BareNodeSettings(url, port=0, chain=chain_settings(peers, rule, allowed))
    with closing(listen("127.0.0.1", 0)) as listener:
        place = url_of(*listener.getsockname()[:2])
        async with open_node(settings) as node:
            server = Server(node.app, grace=1, on_stop=node.stop)
            async with (
                httpx.AsyncClient(base_url=place, trust_env=False, verify=False) as client,
                serving.running(server, listener),
            ):
                yield Running(place, node, client, server)


@asynccontextmanager
async def replica(
    database: Path, peers: Sequence[str], *, max_depth: int = 2, rule: Proof = EASY
) -> AsyncIterator[tuple[Replica, httpx.AsyncClient]]:
    """Serve a replica as the switcher does."""
    [port] = free_ports(1)
    place = f"http://127.0.0.1:{port}"
    settings = ReplicaSettings(
        place,
        f"sqlite:///{database}",
        port=port,
        max_depth=max_depth,
        chain=chain_settings(peers, rule),
    )
    async with (
        serve_replica(settings) as served,
        httpx.AsyncClient(base_url=place, trust_env=False, verify=False) as client,
    ):
        yield served, client
