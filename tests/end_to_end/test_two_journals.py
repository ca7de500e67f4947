"""Two switchers that share nothing but the chain: they converge, as the updates on it show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devnet.settings import DevnetSettings
from switcher.settings import Policy
from tests.support.network import Network, open_network
from tests.support.network.chain import PATIENCE, Chain
from tests.support.watchers import on_watch
from tests.switcher.stage import WITNESS, Called, Home, alert, called, chain_settings

NET = DevnetSettings(witnesses=5, prehistory=60, api_nodes=6, feeds=())
MANY = DevnetSettings(witnesses=7, prehistory=63, api_nodes=6, backbone=6, feeds=())
"""So many that the chain stays well attended without the host that is cut off along with nodes."""

POLICY = Policy(arm=True, missed_blocks=1)


@asynccontextmanager
async def network(settings: DevnetSettings) -> AsyncIterator[tuple[Network, Chain]]:
    async with open_network(settings) as net, Chain(net) as chain:
        yield net, chain


@asynccontextmanager
async def switcher(net: Network, folder: Path, *, nodes: slice) -> AsyncIterator[Called]:
    """Run a switcher with a journal in a folder, asking some of the voting nodes."""
    folder.mkdir(exist_ok=True)
    home = Home(folder, net.active_wif(WITNESS))
    seen = chain_settings(net).nodes[nodes]
    chain = chain_settings(net, nodes=seen)
    async with called(home, home.settings(POLICY), chain) as stage:
        yield stage


async def miss(net: Network, chain: Chain) -> None:
    """Kill the host on air and wait until it has missed a slot."""
    before = await chain.missed()
    await net.nodes["alpha"].kill()
    async with asyncio.timeout(PATIENCE):
        while await chain.missed() == before:
            await asyncio.sleep(0.1)


async def part(net: Network, chain: Chain, *names: str) -> None:
    """Cut nodes off from the others, and wait until their part misses half of the other witnesses.

    Until then nothing tells it from a whole chain where a host died, which is replaced.
    """
    others = [chain.witness_id(account) for account in net.settings.accounts()[1:]]

    async def missed() -> list[int]:
        return [each["total_missed"] for each in await chain.objects(*others, node=names[0])]

    before = await missed()
    await net.part(*names)
    async with asyncio.timeout(PATIENCE):
        while 2 * sum(m > b for m, b in zip(await missed(), before, strict=True)) < len(others):
            await asyncio.sleep(0.1)


@pytest.mark.stack
async def test_whole_watchers_with_a_journal_each_rotate_to_the_same_host(tmp_path: Path) -> None:
    async with on_watch(tmp_path) as watch:
        for _ in range(2):
            await watch.well()
            async with watch.crash():
                await watch.settled()
        assert len(watch.books) == 2


async def test_both_may_send_and_it_is_the_same_key(tmp_path: Path) -> None:
    async with (
        network(NET) as (net, chain),
        switcher(net, tmp_path / "one", nodes=slice(3)) as one,
        switcher(net, tmp_path / "other", nodes=slice(3, 6)) as other,
    ):
        await miss(net, chain)
        told = alert(net.signing_key("alpha"))
        await asyncio.gather(one.post(told), other.post(told))
        await asyncio.gather(one.until("on_air"), other.until("on_air"))
        await chain.wait_blocks(5)
        hosts = [update.host for update in chain.updates()]
        assert set(hosts) == {"beta"}
        assert len(hosts) <= 2
        for each in (one, other):
            assert (
                await each.metric('understudy_rotations_total{outcome="expired",witness="init0"}')
                == 0
            )


@pytest.mark.parametrize("apart", [(), ("backbone2",)], ids=["blind", "on a fork"])
async def test_one_whose_nodes_are_cut_off_does_nothing_and_follows(
    tmp_path: Path, apart: tuple[str, ...]
) -> None:
    async with (
        network(MANY) as (net, chain),
        switcher(net, tmp_path / "one", nodes=slice(3)) as one,
        switcher(net, tmp_path / "other", nodes=slice(3, 6)) as other,
    ):
        lost = ("api4", "api5", "api6", *apart)
        if apart:
            await part(net, chain, *lost)
        else:
            await net.part(*lost)
        await miss(net, chain)
        told = alert(net.signing_key("alpha"))
        await asyncio.gather(one.post(told), other.post(told))
        await one.until("on_air")
        assert "rotate" not in await other.words()
        await net.heal(*lost)
        await other.until("superseded")
        await chain.wait_blocks(5)
        assert [update.host for update in chain.updates()] == ["beta"]


async def test_one_that_starts_late_with_an_old_journal_sees_what_was_done(tmp_path: Path) -> None:
    async with (
        network(NET) as (net, chain),
        switcher(net, tmp_path / "one", nodes=slice(3)) as one,
    ):
        told = alert(net.signing_key("alpha"))
        async with switcher(net, tmp_path / "other", nodes=slice(3, 6)) as other:
            await other.post(told)
            await other.until("not_corroborated")
        await miss(net, chain)
        await one.post(told)
        await one.until("on_air")
        async with switcher(net, tmp_path / "other", nodes=slice(3, 6)) as other:
            await other.until("superseded")
            await other.post(told)
            await chain.wait_blocks(5)
            assert [update.host for update in chain.updates()] == ["beta"]
