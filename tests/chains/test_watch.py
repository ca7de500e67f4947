"""The watch on a devnet: what it says of nodes that fail, fork, lie behind and come back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace

import pytest

from chains.bitshares.objects import Reading
from chains.bitshares.offset import Timekeeping
from chains.bitshares.watch import Watch
from chains.standing import Verdict
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.chains.watched import HISTORY, INIT0, head, host, node
from tests.support.devnet import chain_settings, following, until, update, watching


async def test_a_second_watch_counts_the_same_as_the_first() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await net.nodes["alpha"].kill()
        await following(watch)
        await until(watch, lambda w: len(w.follower.recent_misses(INIT0)) >= 1)
        async with watching(chain_settings(net)) as restarted:
            await following(restarted)
            await until(restarted, lambda w: head(w) == head(watch))
            assert restarted.follower.recent_misses(INIT0) == watch.follower.recent_misses(INIT0)


async def test_a_lost_node_is_told_and_comes_back_by_itself() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.nodes["eu"].kill()
        await until(watch, lambda w: node(w, "eu").verdict is Verdict.UNREACHABLE)
        assert not node(watch, "eu").up
        assert node(watch, "eu").detail
        await net.nodes["eu"].heal()
        await until(watch, lambda w: node(w, "eu").verdict is Verdict.CANONICAL)


async def test_the_chain_is_followed_through_the_nodes_that_are_left() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.nodes["eu"].freeze()
        await net.nodes["us"].kill()
        seen = head(watch)
        await until(watch, lambda w: head(w) >= seen + 3)


async def test_a_frozen_node_is_lost_within_its_deadlines() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.nodes["us"].freeze()
        frozen_at = time.monotonic()
        await until(watch, lambda w: not node(w, "us").up)
        assert time.monotonic() - frozen_at < 1 + 0.5 + 1.0 + 1.0


async def test_a_node_cut_off_is_behind_however_fast_it_answers() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        net.nodes["asia"].cut()
        await until(watch, lambda w: node(w, "asia").verdict is Verdict.BEHIND)
        assert node(watch, "asia").up
        assert "behind" in node(watch, "asia").detail


async def test_a_minority_fork_is_told_with_its_depth_and_rejoins() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        net.faults.partition([["alpha", "asia"]])
        await until(watch, lambda w: node(w, "asia").verdict is Verdict.FORKED)
        assert node(watch, "asia").divergence is not None
        assert node(watch, "eu").verdict is Verdict.CANONICAL
        await net.faults.heal()
        await until(watch, lambda w: node(w, "asia").verdict is Verdict.CANONICAL)
        assert node(watch, "asia").divergence is None


async def test_a_node_of_another_chain_is_refused_by_name() -> None:
    elsewhere = DevnetSettings(witnesses=5)
    async with Devnet(DevnetSettings()) as net, Devnet(elsewhere) as other:
        settings = chain_settings(net, chain_id=other.chain_id)
        async with watching(settings) as watch:
            await until(watch, lambda w: node(w, "eu").verdict is Verdict.WRONG_CHAIN)
            assert other.chain_id in node(watch, "eu").detail
            assert watch.follower.head is None


async def test_a_pending_key_is_shown_by_the_nodes_but_not_in_force() -> None:
    slow = DevnetSettings(prehistory=40, interval=3)
    async with Devnet(slow) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.wait_blocks(1)
        alpha, beta = net.signing_key("alpha"), net.signing_key("beta")
        await watch.call("eu", "network_broadcast", "broadcast_transaction", update(net, beta))
        await watch.read_nodes()
        reading = node(watch, "eu").reading
        assert reading is not None
        assert reading.witnesses["init0"].signing_key == beta
        assert in_force(watch) == alpha
        await until(watch, lambda w: in_force(w) == beta)


def in_force(watch: Watch) -> str | None:
    term = watch.follower.term(INIT0)
    return term.key if term else None


async def test_a_fresh_read_waits_for_nobody_past_its_deadline() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.nodes["eu"].freeze()
        await net.nodes["us"].freeze()
        started = time.monotonic()
        views = await watch.read_nodes(deadline=0.3)
        assert time.monotonic() - started < 1.0
        assert [view.up for view in views] == [False, False, True]


async def test_a_fresh_read_is_content_with_a_majority() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        await net.nodes["eu"].freeze()
        started = time.monotonic()
        views = await watch.read_nodes(deadline=5.0)
        assert time.monotonic() - started < 0.9
        assert [view.up for view in views] == [False, True, True]


async def test_nodes_stay_known_when_all_are_lost() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        for name in ("eu", "us", "asia"):
            await net.nodes[name].kill()
        await until(watch, lambda w: not any(view.up for view in w.nodes))
        assert [view.name for view in watch.nodes] == ["eu", "us", "asia"]


async def test_a_node_is_asked_at_most_twice_a_block() -> None:
    async with Devnet(HISTORY) as net:
        calls: Counter[str] = Counter()
        watch = Watch(chain_settings(net), on_call=lambda name, _: calls.update([name]))
        running = asyncio.create_task(watch.run())
        await following(watch)
        start, before = head(watch), calls.copy()
        await until(watch, lambda w: head(w) >= start + 5)
        blocks = head(watch) - start
        for name in ("eu", "us", "asia", "init0/alpha"):
            assert calls[name] - before[name] <= 2 * (blocks + 1), name
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_account_that_is_no_witness_is_told_and_harms_nobody() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net, account="nobody")) as watch:
        await following(watch)
        assert watch.names is not None
        assert watch.names.unknown == ("there is no account 'nobody' on this chain",)
        assert watch.witness_ids("nobody") is None


async def test_one_quick_liar_does_not_make_a_fresh_read_end_without_the_others() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        forged = net.signing_key("gamma")
        net.nodes["us"].lag(answers=0.1)
        net.nodes["asia"].lag(answers=0.5)
        eu = watch._nodes[0]
        honest = eu._take

        async def lying(reading: Reading) -> None:
            shown = replace(reading.witnesses["init0"], signing_key=forged)
            await honest(replace(reading, witnesses={"init0": shown}))

        eu._take = lying  # type: ignore[method-assign]
        views = await watch.read_nodes(deadline=2.0)
        keys = [v.reading.witnesses["init0"].signing_key for v in views if v.up and v.reading]
        alpha = net.signing_key("alpha")
        assert sorted(keys) == sorted([forged, alpha, alpha])


async def test_whoever_asks_is_told_when_a_node_is_lost_and_when_it_is_back() -> None:
    async with Devnet(HISTORY) as net:
        told: list[tuple[str, Verdict]] = []
        watch = Watch(
            chain_settings(net), on_verdict=lambda view: told.append((view.name, view.verdict))
        )
        running = asyncio.create_task(watch.run())
        await following(watch)
        await until(watch, lambda _: ("us", Verdict.CANONICAL) in told)
        await net.nodes["us"].kill()
        await until(watch, lambda _: ("us", Verdict.UNREACHABLE) in told)
        await net.nodes["us"].heal()
        await until(watch, lambda _: [v for name, v in told if name == "us"][-1] == "canonical")
        assert [v for name, v in told if name == "us"] == ["canonical", "unreachable", "canonical"]
        assert [v for name, v in told if name == "eu"] == ["canonical"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("off", [-30.0, 30.0])
async def test_clock_that_is_off_is_told_and_the_chains_time_is_right(off: float) -> None:
    async with Devnet(HISTORY) as net:
        told: list[Timekeeping] = []
        watch = Watch(chain_settings(net), wall=lambda: time.time() + off, on_clock=told.append)
        running = asyncio.create_task(watch.run())
        await until(watch, lambda _: bool(told))
        assert told[0].corrected
        assert told[0].offset == pytest.approx(off, abs=1)
        assert watch.clock.now() == pytest.approx(time.time(), abs=1)
        assert 0 < time.time() - host(watch, "alpha").since < 60
        assert 0 < time.time() - (node(watch, "eu").read_at or 0) < 5
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
