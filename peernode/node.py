"""A node that runs alone, and a replica: which parts each of them has."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from chains.peer.addresses import Guard
from chains.peer.connection import open_network
from chains.peer.search import OnProgress
from peernode.app import create_app
from peernode.mining import Miner
from peernode.resolution import Resolution
from peernode.resolve import Resolver
from peernode.routes.chain import chain_routes
from peernode.routes.making import making_routes
from peernode.routes.nodes import register_routes, resolve_routes
from peernode.settings import BareNodeSettings, ReplicaSettings
from peernode.store import Store

_REST = 10.0
"""Seconds from a replica's search until somebody at its address causes the next one. Anybody may
ask there, and peers may have to tell their whole chains for it; nobody depends on it, since whoever
keeps the replica has it look once a minute, and for every alert."""


@dataclass(frozen=True, slots=True)
class Node:
    """A whole node: it mines, takes transactions, and lets nodes be registered.

    Whatever the longest valid chain is, it adopts it, as the protocol says.
    """

    store: Store
    resolver: Resolver
    miner: Miner
    app: Starlette

    def stop(self) -> None:
        """End what requests may be waiting for."""
        self.resolver.stop()
        self.miner.stop()


@dataclass(frozen=True, slots=True)
class Replica:
    """A copy of the longest valid chain, which makes no blocks and has no nodes registered."""

    store: Store
    resolver: Resolver
    app: Starlette

    async def resolve(
        self,
        allow_depth: int | None = None,
        on_progress: OnProgress | None = None,
        *,
        max_age: float | None = None,
        rest: float = 0.0,
    ) -> Resolution:
        """Adopt the longest valid chain of the configured nodes, if it is longer than ours.

        `allow_depth` is how many of our blocks a person lets go; the settings allow some anyway.
        `on_progress` hears nothing of a search that was under way already, which serves as well.
        So does one that ended within `rest` seconds; with `max_age` only one that began within so
        many, since nothing is to be believed that was seen earlier.

        Raises:
            StoreError: the database can't be used.
            StoppingError: the replica is being stopped.
        """
        return await self.resolver.resolve(allow_depth, on_progress, max_age=max_age, rest=rest)

    def stop(self) -> None:
        """End what requests may be waiting for."""
        self.resolver.stop()


@asynccontextmanager
async def open_node(settings: BareNodeSettings) -> AsyncIterator[Node]:
    """Have a node for as long as the context lasts; at first it makes a block of its own.

    Raises:
        StoreError: the database can't be used.
    """
    chain = settings.chain
    named = [node.url for node in chain.nodes]
    async with Store(settings.database, chain.proof) as store, open_network(chain) as network:
        await store.begin(time.time())
        miner = Miner(store, chain.proof)
        resolver = Resolver(store, network, chain, None, miner.abandon)
        routes = [
            *chain_routes(store),
            *resolve_routes(store, resolver),
            *register_routes(store, Guard(named, chain.allowed), named),
            *making_routes(store, miner),
        ]
        try:
            yield Node(store, resolver, miner, create_app(routes))
        finally:
            await resolver.close()
            await miner.close()


@asynccontextmanager
async def open_replica(settings: ReplicaSettings) -> AsyncIterator[Replica]:
    """Have a replica for as long as the context lasts; its chain is empty at first.

    Raises:
        StoreError: the database can't be used.
    """
    chain = settings.chain
    async with Store(settings.database, chain.proof) as store, open_network(chain) as network:
        resolver = Resolver(store, network, chain, settings.max_depth)
        routes = [*chain_routes(store), *resolve_routes(store, resolver, _REST)]
        try:
            yield Replica(store, resolver, create_app(routes))
        finally:
            await resolver.close()
