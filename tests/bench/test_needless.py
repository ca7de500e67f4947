"""Which rotations the soak calls needless."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.chronicle import Change, Chronicle
from bench.needless import Roll, was_needless
from bench.news import meanwhile
from chains.bitshares.watch import Watch
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.support.devnet import chain_settings, following, until, update, watching

INIT0 = "1.6.1"
NODE = "eu"


@dataclass
class Audience:
    """A devnet on which alpha is on air, and those who judge what happens."""

    net: Devnet
    watch: Watch
    chronicle: Chronicle
    roll: Roll

    async def rotate(self, to: str) -> Change:
        """Put another host on air and wait for the block that says so."""
        transaction = update(self.net, self.net.signing_key(to))
        await self.watch.call(NODE, "network_broadcast", "broadcast_transaction", transaction)
        return await self.chronicle.news.until(
            lambda: next(iter(self.chronicle.changes(INIT0)), None)
        )

    async def verdict(self, change: Change) -> bool:
        """Wait until it is known whether alpha could have signed the first slot that it lost."""
        async with asyncio.timeout(30):
            return await self.chronicle.news.until(
                lambda: was_needless(self.chronicle, self.roll, INIT0, "alpha", change)
            )


@asynccontextmanager
async def audience() -> AsyncIterator[Audience]:
    async with (
        Devnet(DevnetSettings(prehistory=40, reconnect=0.1)) as net,
        watching(chain_settings(net)) as watch,
    ):
        await following(watch)
        await until(watch, lambda w: all(node.well for node in w.nodes))
        chronicle, roll = Chronicle(watch), Roll(net, ("alpha", "beta"))
        async with meanwhile(chronicle.run(), roll.run()):
            yield Audience(net, watch, chronicle, roll)


def next_slot_is_far(watch: Watch) -> bool:
    head = watch.follower.head
    assert head is not None
    return watch.follower.possible_slots(INIT0)[0] > head.time + 3


async def test_a_host_that_was_well_at_its_next_slot_was_replaced_needlessly() -> None:
    async with audience() as seen:
        assert await seen.verdict(await seen.rotate(to="beta"))


async def test_a_host_that_was_still_dead_at_its_next_slot_was_not() -> None:
    async with audience() as seen:
        await seen.net.nodes["alpha"].kill()
        assert not await seen.verdict(await seen.rotate(to="beta"))


async def test_a_host_that_was_back_before_its_next_slot_was() -> None:
    async with audience() as seen:
        await until(seen.watch, next_slot_is_far)
        await seen.net.nodes["alpha"].kill()
        change = await seen.rotate(to="beta")
        await seen.net.nodes["alpha"].heal()
        assert await seen.verdict(change)
