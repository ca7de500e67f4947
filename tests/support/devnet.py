"""A devnet as those who watch it see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from chains.bitshares.transactions import format_time, pack_transaction, signing_digest
from chains.bitshares.watch import Watch
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.hosts import api_names
from devnet.keys import active_key
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


def update(net: Devnet, key: str, *, number: int = 0, **more: str) -> dict[str, object]:
    """Return a signed witness_update of init<number>, with `more` members."""
    state = net.state
    transaction: dict[str, object] = {
        "ref_block_num": 0,
        "ref_block_prefix": 0,
        "expiration": format_time(state.time + 60),
        "operations": [
            [
                21,
                {
                    "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
                    "witness": f"1.6.{number + 1}",
                    "witness_account": f"1.2.{number + 6}",
                    "new_signing_key": key,
                    **more,
                },
            ]
        ],
        "extensions": [],
    }
    digest = signing_digest(pack_transaction(transaction, "BTS"), net.chain_id)
    return {**transaction, "signatures": [active_key(f"init{number}").sign(digest).hex()]}


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
