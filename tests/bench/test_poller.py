"""The switchers that poll: they really rotate, by a signed update that the network takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.opponent import opponent
from bench.poller import Orders, next_key
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.errors import StackError

NETWORK = DevnetSettings(witnesses=5, rings=2, hosts=("alpha", "beta"), prehistory=30)
OURS = "1.6.1"
PATIENCE = 40


@pytest.fixture
async def net() -> AsyncIterator[Devnet]:
    async with Devnet(NETWORK) as running:
        yield running


def orders(net: Devnet, account: str) -> Orders:
    keys = [net.signing_key(NETWORK.host_name(account, host)) for host in NETWORK.hosts]
    return Orders(account, keys, period=1.0, threshold=1, phase=0.3)


async def test_dead_host_is_replaced_by_the_next_in_the_list_and_nobody_else_is(
    net: Devnet,
) -> None:
    both = [orders(net, "init0"), orders(net, "init1")]
    async with asyncio.timeout(PATIENCE), opponent(net, both) as seen:
        await net.nodes["alpha"].kill()
        sent = await seen.news.until(lambda: seen.first("init0", "sent", 0))
        before = net.state.witnesses[OURS].last_confirmed
        after = await net.wait_for(lambda state: state.witnesses[OURS].last_confirmed > before)
    decided = seen.first("init0", "decided", 0)
    assert decided and decided.time <= sent.time
    assert decided.key == sent.key == net.signing_key("beta")
    assert after.witnesses[OURS].signing_key == net.signing_key("beta")
    assert after.witnesses[OURS].total_missed >= 1
    assert {move.witness for move in seen.moves if move.event == "sent"} == {"init0"}


async def test_witness_that_is_none_is_told_at_the_start(net: Devnet) -> None:
    with pytest.raises(StackError, match="ended"):
        async with asyncio.timeout(PATIENCE), opponent(net, [orders(net, "init0"), nobody()]):
            pass


def nobody() -> Orders:
    return Orders("nobody", ["BTS1"], period=1.0, threshold=1, phase=0.0)


def test_keys_have_their_turns_round_robin() -> None:
    keys = ("first", "second", "third")
    assert [next_key(keys, key) for key in keys] == ["second", "third", "first"]
    assert next_key(keys, "a key of somebody else") == "first"
