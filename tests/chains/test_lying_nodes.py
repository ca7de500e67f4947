"""A node of a running chain goes bad in every way, is named with its reason, and comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from chains.bitshares.views import NodeView
from chains.bitshares.watch import Watch
from chains.standing import Verdict
from devnet.launch import Devnet
from devnet.lies import LIES
from devnet.settings import DevnetSettings
from tests.support.devnet import chain_settings, following, until, watching

NET = DevnetSettings(witnesses=3, prehistory=20)
IN_TIME = r"no answer to \w+ in 1 s|can't connect to .*: timed out .*"
REASONS = {
    "garbage": "sent a message that is not JSON",
    "half": "sent a message that is not JSON",
    "torn": "the connection broke",
    "other_id": IN_TIME,
    "other_answer": "is on chain .*, the configuration says .*|no list of objects|sent no block .*",
    "endless": "sent a message of more than 16 MB, or without end|" + IN_TIME,
    "flood": "sent more than .* MB a second, .*|" + IN_TIME,
    "mute": IN_TIME,
    "pings": IN_TIME,
    "drip": IN_TIME,
}


def eu(watch: Watch) -> NodeView:
    return watch.nodes[0]


async def look(watch: Watch, condition: Callable[[NodeView], object]) -> None:
    async with asyncio.timeout(20):
        while not condition(eu(watch)):
            await asyncio.sleep(0.05)  # a node that is lost again is no change that is announced


def test_every_lie_has_its_reason() -> None:
    assert set(REASONS) == set(LIES)


@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_node_is_named_others_go_on_and_it_comes_back(lie: str) -> None:
    async with Devnet(NET) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        net.nodes["eu"].lie(lie)
        reason = re.compile(REASONS[lie])
        await look(watch, lambda view: not view.up and reason.fullmatch(view.detail))
        further = net.state.number + 1
        await until(
            watch, lambda w: w.follower.head is not None and w.follower.head.number >= further
        )
        assert [view.verdict for view in watch.nodes[1:]] == [Verdict.CANONICAL] * 2
        assert len([view for view in await watch.read_nodes(0.5) if view.up]) == 2
        await net.nodes["eu"].heal()
        await look(watch, lambda view: view.well)
