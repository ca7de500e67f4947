"""A node that goes astray in any way is named with its reason, left out, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chains.bitshares.views import NodeView
from chains.bitshares.watch import Watch
from chains.standing import Divergence, Verdict
from devnet.keys import DevKey
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.support.chain import ForgedChain
from tests.support.devnet import chain_settings, following, until, watching
from tests.support.scripted import ScriptedNode, scripted

NET = DevnetSettings(prehistory=40)
THIEF = DevKey("thief")


def named(views: Sequence[NodeView], name: str) -> NodeView:
    return next(view for view in views if view.name == name)


async def look(watch: Watch, name: str, condition: Callable[[NodeView], object]) -> NodeView:
    """Wait until the view of a node meets a condition; not every change of it is announced."""
    async with asyncio.timeout(20):
        while not condition(view := named(watch.nodes, name)):
            await asyncio.sleep(0.02)
    return view


async def test_node_without_peers_is_behind_then_stalled_and_comes_back() -> None:
    async with Devnet(NET) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        net.nodes["asia"].cut()
        behind = await look(watch, "asia", lambda view: view.verdict is Verdict.BEHIND)
        stalled = await look(watch, "asia", lambda view: view.verdict is not Verdict.BEHIND)
        assert stalled.verdict is Verdict.STALLED
        assert stalled.common == behind.common == (stalled.reading and stalled.reading.head_number)
        assert stalled.divergence is None
        assert stalled.detail.startswith(f"stands still at block {stalled.common}, ")
        await net.nodes["asia"].heal()
        await look(watch, "asia", lambda view: view.well)


async def test_halt_of_the_whole_chain_is_no_nodes_fault() -> None:
    async with Devnet(NET) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        hosts = [name for name in net.nodes if name not in ("eu", "us", "asia")]
        for name in hosts:
            await net.nodes[name].kill()
        halted = net.state.number
        async with asyncio.timeout(20):
            while not watch.follower.head or watch.follower.head.number < halted:
                await asyncio.sleep(0.05)
        moment = watch.clock.steady() + 6.0  # longer than a node may stand still
        verdicts = set[Verdict]()
        while watch.clock.steady() < moment:
            verdicts |= {view.verdict for view in watch.nodes}
            await asyncio.sleep(0.1)
        assert verdicts == {Verdict.CANONICAL}


async def test_forked_node_is_found_left_out_by_a_pin_and_heard_again_after_a_round() -> None:
    async with Devnet(NET) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        net.faults.partition([["alpha", "asia"]])
        parted_at = net.state.number
        await until(watch, lambda w: named(w.nodes, "asia").verdict is Verdict.FORKED)
        views = await watch.reexamine()
        assert [view.verdict for view in views][:2] == [Verdict.CANONICAL] * 2
        forked = named(views, "asia")
        assert forked.verdict is Verdict.FORKED
        assert forked.divergence is not None
        assert forked.divergence.exact
        assert abs(forked.divergence.height - parted_at) <= 1
        assert forked.reading is not None
        assert forked.divergence.depth == forked.reading.head_number - forked.divergence.height
        watch.pin([view.name for view in views if view.well])
        assert named(watch.nodes, "asia").left_out
        await net.faults.heal()
        back = await look(watch, "asia", lambda view: view.verdict is Verdict.CANONICAL)
        assert back.left_out
        assert not back.well
        assert "left out after a re-examination" in back.detail
        again = await look(watch, "asia", lambda view: view.well)
        assert again.detail == ""
        assert watch.clock.now() - again.since >= 7  # a round of seven slots of one second


class Changing(ScriptedNode):
    """A node that begins and ceases to lie while it is watched."""

    lie: Callable[[str, Any], Any] | None = None

    def result(self, method: str, args: Sequence[Any]) -> Any:
        found = super().result(method, args)
        return self.lie(method, found) if self.lie else found


def other_chain(method: str, result: Any) -> Any:
    return "cd" * 32 if method == "get_chain_id" else result


@asynccontextmanager
async def three(chain: ForgedChain, changing: ScriptedNode) -> AsyncIterator[Watch]:
    """Watch a node ("n0") and two honest ones."""
    async with scripted(changing, ScriptedNode(chain), ScriptedNode(chain)) as settings:
        watch = Watch(settings)
        running = asyncio.create_task(watch.run())
        try:
            await look(watch, "n0", lambda view: view.well)
            yield watch
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def a_chain() -> ForgedChain:
    chain = ForgedChain(interval=1)
    chain.run(28)
    return chain


async def test_node_on_another_chain_is_named_and_comes_back() -> None:
    chain = a_chain()
    changing = Changing(chain)
    async with three(chain, changing) as watch:
        changing.lie = other_chain
        for connection in tuple(changing.connections):
            await connection.close()
        view = await look(watch, "n0", lambda view: view.verdict is Verdict.WRONG_CHAIN)
        assert not view.up
        assert "cd" * 32 in view.detail
        assert [v.well for v in watch.nodes] == [False, True, True]
        changing.lie = None
        await look(watch, "n0", lambda view: view.well)


async def test_node_whose_headers_do_not_verify_is_named_and_comes_back() -> None:
    chain = a_chain()
    changing = Changing(chain)
    async with three(chain, changing) as watch:
        own = chain.copy()
        own.keys = dict.fromkeys(own.active, THIEF)
        own.run(3)
        chain.run(1)
        changing.chain = own
        view = await look(watch, "n0", lambda view: view.verdict is Verdict.INVALID)
        assert view.up
        assert view.detail.startswith("block 29: signature: signed by ")
        assert [v.well for v in watch.nodes] == [False, True, True]
        changing.chain = chain
        await look(watch, "n0", lambda view: view.well)


async def test_node_with_invalid_headers_on_a_shorter_chain_is_named_too() -> None:
    chain = a_chain()
    changing = Changing(chain)
    async with three(chain, changing) as watch:
        own = chain.copy()
        own.keys = dict.fromkeys(own.active, THIEF)
        chain.run(6)
        own.run(3)
        changing.chain = own
        await look(watch, "n1", lambda view: view.common == 34)
        view = await look(watch, "n0", lambda view: view.verdict is Verdict.INVALID)
        assert view.detail.startswith("block 29: signature: signed by ")
        assert view.divergence == Divergence(28, 3)


def parted(chain: ForgedChain) -> ForgedChain:
    """Have a chain go on, and return one that left it for a block of its own."""
    own = chain.copy()
    chain.run(6)
    own.produce(slot=2)
    return own


async def test_node_that_tells_no_headers_is_on_a_fork_of_which_no_more_is_known() -> None:
    chain = a_chain()
    changing = Changing(chain)
    async with three(chain, changing) as watch:
        own = parted(chain)
        changing.chain = own
        changing.lie = lambda method, found: None if method == "get_block_header" else found
        view = await look(watch, "n0", lambda view: view.verdict is Verdict.FORKED)
        assert view.divergence == Divergence(28, 1)  # as far as it was seen on the chain


async def test_re_examination_shows_what_nodes_have_now_and_not_when_they_were_looked_at_last() -> (
    None
):
    chain = a_chain()
    changing = Changing(chain)
    async with three(chain, changing) as watch:
        own = parted(chain)
        await look(watch, "n0", lambda view: view.well and view.common == 34)
        changing.chain = own
        views = await watch.reexamine()
        assert [view.verdict for view in views] == [Verdict.FORKED, *[Verdict.CANONICAL] * 2]


@pytest.mark.parametrize("names", [[], ["eu"], ["eu", "elsewhere"]])
async def test_fewer_than_a_majority_can_not_be_pinned(names: list[str]) -> None:
    chain = a_chain()
    async with scripted(*(ScriptedNode(chain) for _ in range(3))) as settings:
        watch = Watch(settings)
        with pytest.raises(ValueError, match="of 3 nodes are no majority"):
            watch.pin([name.replace("eu", "n0") for name in names])
        assert not any(view.left_out for view in watch.nodes)
