"""What the watch on a devnet says of hosts that die, are cut off, or hear blocks before others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from chains.bitshares.client import NodeClient
from chains.bitshares.endpoint import Common, Endpoint, OnReading
from chains.bitshares.objects import Names, Reading
from chains.bitshares.readings import Readings
from chains.bitshares.watch import Watch
from chains.settings import NodeSettings
from chains.standing import Verdict
from devnet.hosts import api_names
from devnet.launch import Devnet
from tests.chains.watched import HISTORY, INIT0, head, host
from tests.support.devnet import chain_settings, following, until, watching


def endpoint(
    net: Devnet, watch: Watch, on_reading: OnReading, on_change: Callable[[], None]
) -> Endpoint:
    """Return alpha's endpoint alone, at which nobody else looks meanwhile."""

    async def no_names(_client: NodeClient) -> Names:
        return Names()

    return Endpoint(
        NodeSettings("alpha", net.nodes["alpha"].ws_url),
        Common(watch.settings, watch.follower, watch.clock, Readings()),
        names_of=no_names,
        on_reading=on_reading,
        on_change=on_change,
    )


async def test_a_dead_hosts_misses_agree_with_the_nodes_own_count() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        before = net.state.witnesses[INIT0].total_missed
        await net.nodes["alpha"].kill()
        counted = len(watch.follower.recent_misses(INIT0))
        await until(watch, lambda w: len(w.follower.recent_misses(INIT0)) >= counted + 2)
        charged = net.state.witnesses[INIT0].total_missed - before
        assert len(watch.follower.recent_misses(INIT0)) - counted == charged
        assert not host(watch, "alpha").up
        assert host(watch, "beta").verdict is Verdict.CANONICAL


async def test_a_lost_host_keeps_what_it_had_and_is_soon_known_to_be_back() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await until(watch, lambda w: host(w, "alpha").well)
        await net.nodes["alpha"].kill()
        await until(watch, lambda w: not host(w, "alpha").well)
        lost = host(watch, "alpha")
        assert lost.had is not None
        assert head(watch) - lost.had <= 1
        await until(watch, lambda w: head(w) >= (lost.had or 0) + 6)
        assert host(watch, "alpha").had == lost.had
        assert host(watch, "alpha").since == lost.since
        await net.nodes["alpha"].heal()
        healed_at = time.time()
        await until(watch, lambda w: host(w, "alpha").well)
        assert time.time() - healed_at < 2.0
        back = host(watch, "alpha")
        assert back.since > healed_at
        assert (lost.had_before, back.had_before) == (None, lost.had)


async def test_the_block_that_a_host_showed_last_before_it_was_lost_counts_as_had() -> None:
    shown: asyncio.Queue[Reading] = asyncio.Queue()
    lost = asyncio.Event()

    async def take(_endpoint: Endpoint, reading: Reading) -> None:
        shown.put_nowait(reading)

    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        alpha = endpoint(net, watch, take, lost.set)
        running = asyncio.create_task(alpha.run())
        await shown.get()
        lost.clear()
        last = await shown.get()
        await until(watch, lambda w: w.follower.holds(last.head_id))
        await net.nodes["alpha"].kill()
        await lost.wait()
        assert alpha.view().had == last.head_number
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_host_cut_off_keeps_what_it_had_when_it_was_last_at_the_head() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await until(watch, lambda w: host(w, "alpha").well)
        net.nodes["alpha"].cut()
        cut_at = net.state.number
        await until(watch, lambda w: host(w, "alpha").verdict is not Verdict.CANONICAL)
        assert host(watch, "alpha").up
        assert abs((host(watch, "alpha").had or 0) - cut_at) <= 1


@pytest.mark.parametrize(
    ("late", "pause"),
    [(0.4, 0.02), (1.15, 0.3)],  # looking at it must not be what helps one that is always ahead
    ids=["mostly", "always"],
)
async def test_a_host_that_hears_blocks_before_the_voting_nodes_is_not_on_a_fork(
    late: float, pause: float
) -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        for name in ("eu", "us", "asia"):
            net.nodes[name].lag(messages=late)
        start, verdicts = head(watch), set[Verdict]()
        async with asyncio.timeout(30):
            while head(watch) < start + 5:
                verdicts.add(host(watch, "beta").verdict)
                await asyncio.sleep(pause)
        assert verdicts == {Verdict.CANONICAL}


async def test_nodes_that_are_all_late_make_neither_a_host_nor_the_clock_look_wrong() -> None:
    async with Devnet(HISTORY) as net:
        for name in api_names(net.settings):
            net.nodes[name].lag(messages=3)
        async with watching(chain_settings(net)) as watch:
            await until(watch, lambda w: w.timekeeping.offset is not None)
            assert watch.timekeeping.offset == pytest.approx(0, abs=1)
            assert not watch.timekeeping.corrected
            began = head(watch)
            verdicts = set()

            def look(seen: Watch) -> bool:
                verdicts.add(host(seen, "alpha").verdict)
                return head(seen) >= began + 6

            await until(watch, look)
            assert verdicts == {Verdict.CANONICAL}
