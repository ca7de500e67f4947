"""A devnet as those who watch it see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from chains.bitshares.watch import Watch
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.hosts import api_names
from devnet.launch import Devnet

PATIENCE = 30.0
"""Seconds after which a test stops waiting for something that should have happened long ago."""


def chain_settings(
    net: Devnet,
    *,
    nodes: Sequence[str] | None = None,
    chain_id: str | None = None,
    account: str = "init0",
) -> ChainSettings:
    """Return the settings that watch a devnet's first witness."""
    names = api_names(net.settings) if nodes is None else nodes
    producers = tuple(
        ProducerSettings(host, net.signing_key(host), net.nodes[host].ws_url)
        for host in net.settings.hosts
    )
    return ChainSettings(
        nodes=tuple(NodeSettings(name, net.nodes[name].ws_url) for name in names),
        witnesses=(WitnessSettings(account, producers, ("USD",)),),
        chain_id=chain_id or net.chain_id,
        call_timeout=1.0,
    )


@asynccontextmanager
async def watching(settings: ChainSettings) -> AsyncIterator[Watch]:
    """Run a watch for as long as the context lasts."""
    watch = Watch(settings)
    running = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(watch: Watch, condition: Callable[[Watch], bool]) -> None:
    """Wait until what the watch knows meets a condition."""
    async with asyncio.timeout(PATIENCE):
        seen = watch.sequence
        while not condition(watch):
            seen = await watch.changed(seen)


async def following(watch: Watch) -> None:
    """Wait until the watch follows the chain with every voting node."""
    await until(watch, lambda w: w.follower.head is not None and all(v.up for v in w.nodes))
