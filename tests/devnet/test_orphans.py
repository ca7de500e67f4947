"""Transactions that a node keeps to itself, and blocks that the network leaves."""

from __future__ import annotations

import asyncio

import pytest

from devnet.launch import Devnet
from devnet.operations import Transaction
from devnet.orphans import Orphaning
from devnet.serve import ControlError, ask_for_fault
from devnet.settings import DevnetSettings

from .manual import ManualNet

NET = DevnetSettings(interval=3, witnesses=5, api_nodes=2)
WITNESS = "1.6.1"


def url_at(net: ManualNet, node: str) -> str:
    return net.nodes[node].state.witnesses[WITNESS].url


async def seen_in_a_block(net: ManualNet, change: Transaction, *, again: bool) -> str:
    """Play until an onlooker has the block that is to be left; return its id."""
    net.network.orphaning = Orphaning(net.nodes, again=again)
    net.give("eu", change)
    while not url_at(net, "eu"):
        await net.play()
    return net.nodes["eu"].forks.head


async def test_a_swallowed_transaction_shows_at_its_node_and_nowhere_else() -> None:
    net = ManualNet(NET)
    await net.play(10)
    net.nodes["eu"].swallows = True
    net.give("eu", net.update("http://gone", reference=8, life=12))
    await net.play(4)
    assert net.nodes["eu"].pending_state.witnesses[WITNESS].url == "http://gone"
    assert net.nodes["us"].pending_state.witnesses[WITNESS].url == ""
    await net.play(2)
    assert net.nodes["eu"].pending_state.witnesses[WITNESS].url == ""
    assert url_at(net, "us") == ""


async def test_a_host_that_swallows_makes_blocks_without_transactions() -> None:
    net = ManualNet(DevnetSettings(interval=3, witnesses=1, hosts=("alpha",), api_nodes=1))
    await net.play(10)
    net.nodes["alpha"].swallows = True
    net.give("eu", net.update("http://late", reference=8))
    await net.play(5)
    assert net.nodes["eu"].state.number == 15
    assert url_at(net, "eu") == ""
    net.nodes["alpha"].swallows = False
    await net.play(1)
    assert url_at(net, "eu") == "http://late"


async def test_a_block_with_a_transaction_is_seen_and_then_left() -> None:
    net = ManualNet(NET)
    await net.play(10)
    left = await seen_in_a_block(net, net.update("http://lost", reference=8), again=False)
    block = net.nodes["eu"].ledger.block(left)
    assert net.network.orphaning is not None
    assert net.network.orphaning.victim is not None
    assert net.network.orphaning.victim[1] == block.header.time
    assert url_at(net, "us") == "http://lost"
    assert url_at(net, "beta") == ""
    await net.play(20)
    assert len({node.forks.head for node in net.nodes.values()}) == 1
    assert net.nodes["eu"].forks.at(int(left[:8], 16)) != left
    assert url_at(net, "eu") == ""
    assert not any(node.pending for node in net.nodes.values())


async def test_the_same_transaction_can_be_given_again_after_it_was_left() -> None:
    net = ManualNet(NET)
    await net.play(10)
    change = net.update("http://second", reference=8)
    await seen_in_a_block(net, change, again=False)
    while url_at(net, "eu"):
        await net.play()
    net.give("eu", change)
    await net.play(10)
    assert {url_at(net, name) for name in net.nodes} == {"http://second"}


async def test_a_transaction_that_every_host_has_heard_of_gets_into_another_block() -> None:
    net = ManualNet(NET)
    await net.play(10)
    left = await seen_in_a_block(net, net.update("http://other", reference=8), again=True)
    await net.play(20)
    assert len({node.forks.head for node in net.nodes.values()}) == 1
    assert net.nodes["eu"].forks.at(int(left[:8], 16)) != left
    assert {url_at(net, name) for name in net.nodes} == {"http://other"}


async def test_only_one_block_is_left() -> None:
    net = ManualNet(NET)
    await net.play(10)
    await seen_in_a_block(net, net.update("http://lost", reference=8), again=False)
    await net.play(20)
    net.give("eu", net.update("http://kept", reference=20))
    await net.play(10)
    assert url_at(net, "eu") == "http://kept"


async def test_it_is_asked_for_over_http_and_healed() -> None:
    async with Devnet(DevnetSettings(witnesses=3, prehistory=5)) as net:
        for fault, body in (("orphan", {"again": True}), ("swallow", {"host": "eu"})):
            shown = await asyncio.to_thread(ask_for_fault, net.control_url, fault, body)
        assert [node["name"] for node in shown["nodes"] if node["swallows"]] == ["eu"]
        assert net.network.orphaning is not None
        with pytest.raises(ControlError, match="again must be true or false"):
            await asyncio.to_thread(ask_for_fault, net.control_url, "orphan", {"again": 1})
        shown = await asyncio.to_thread(ask_for_fault, net.control_url, "heal", {})
        assert not any(node["swallows"] for node in shown["nodes"])
        assert net.network.orphaning is None
