"""Which chain is followed when nodes report different ones."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace

import pytest

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.sync import FetchBlock, Synchroniser
from chains.errors import InvalidBlockError
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain

WITNESS = "1.6.1"


def synchroniser(
    majority: int = 2, window: int = 60, verify_blocks: int | None = None
) -> Synchroniser:
    follower = Follower(PREFIX, window)
    return Synchroniser(follower, window=window, majority=majority, verify_blocks=verify_blocks)


def from_chain(chain: ForgedChain, calls: Counter[str] | None = None) -> FetchBlock:
    async def fetch(number: int) -> Block:
        if calls is not None:
            calls["get_block"] += 1
        return chain.blocks[number - 1]

    return fetch


async def report(sync: Synchroniser, chain: ForgedChain, *nodes: str) -> None:
    for node in nodes:
        await sync.adopt(node, chain.reading(), from_chain(chain))


def head(sync: Synchroniser) -> str:
    return sync.follower.head.id if sync.follower.head else ""


async def test_the_start_waits_for_most_nodes() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    await report(sync, chain, "eu")
    assert head(sync) == ""
    await report(sync, chain, "us")
    assert head(sync) == chain.id


@pytest.mark.parametrize("young", [1, 3, 7, 20])
async def test_a_chain_younger_than_a_round_or_a_window_is_followed(young: int) -> None:
    chain, sync = ForgedChain(), synchroniser(majority=1)
    chain.run(young)
    await report(sync, chain, "eu")
    chain.run(30)
    await report(sync, chain, "eu")
    assert head(sync) == chain.id


async def test_verifying_begins_before_the_window_and_the_irreversible_block() -> None:
    """The window is 20 blocks and three rounds of 7; the first block taken ends a round."""
    chain = ForgedChain()
    chain.run(2100)
    begun = {}
    for irreversible in (2095, 2000, 500, 3):
        sync, calls = synchroniser(majority=1), Counter[str]()
        reading = replace(chain.reading(), irreversible=irreversible)
        await sync.adopt("eu", reading, from_chain(chain, calls))
        begun[irreversible] = chain.number + 1 - calls["get_block"]
    assert begun == {2095: 2058, 2000: 1995, 500: 497, 3: 98}


async def test_as_many_blocks_are_verified_at_the_start_as_the_configuration_says() -> None:
    """Never fewer than the window and three rounds take: the figures that act come from them."""
    chain = ForgedChain()
    chain.run(700)
    begun = {}
    for wanted in (5, 300, 10_000):
        sync, calls = synchroniser(majority=1, verify_blocks=wanted), Counter[str]()
        reading = replace(chain.reading(), irreversible=500)
        await sync.adopt("eu", reading, from_chain(chain, calls))
        begun[wanted] = chain.number + 1 - calls["get_block"]
    assert begun == {5: 658, 300: 399, 10_000: 1}


async def test_a_long_gap_is_caught_up_with_and_its_misses_are_counted() -> None:
    chain, sync = ForgedChain(), synchroniser(majority=1)
    chain.run(40)
    await report(sync, chain, "eu")
    chain.run(700, dead=[WITNESS])
    await report(sync, chain, "eu")
    assert head(sync) == chain.id
    assert sync.missed_totals[WITNESS, chain.keys[WITNESS].text(PREFIX)] >= 95


async def test_a_key_changed_out_of_sight_needs_the_word_of_most_nodes() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    await report(sync, chain, "eu", "us")
    chain.produce(signer=DevKey("by-proposal"))
    with pytest.raises(InvalidBlockError):
        await report(sync, chain, "eu")
    await report(sync, chain, "us")
    assert head(sync) == chain.id


async def test_a_forked_node_costs_two_calls_a_block() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    await report(sync, chain, "eu", "us")
    fork = chain.copy()
    chain.run(12)
    fork.produce(slot=2)
    fork.run(8)
    await report(sync, chain, "eu", "us")
    calls: Counter[str] = Counter()
    assert not await sync.adopt("asia", fork.reading(), from_chain(fork, calls))
    assert calls["get_block"] == 1


async def test_a_fork_that_most_nodes_moved_to_for_good_is_taken_up() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    fork = chain.copy()
    await report(sync, chain, "eu", "us")
    chain.run(30)  # so that the fork lies before the irreversible block
    await report(sync, chain, "eu", "us")
    fork.produce(slot=2)
    fork.run(40)
    for node in ("eu", "us"):
        with pytest.raises(InvalidBlockError):
            await report(sync, fork, node)
    assert sync.overrules(fork.reading())
    await sync.start_over("eu", fork.reading(), from_chain(fork))
    assert head(sync) == fork.id


@pytest.mark.parametrize("ahead", [0, 50])
async def test_chain_of_the_only_node_in_reach_gives_way_when_most_are_back_on_another(
    ahead: int,
) -> None:
    now, chain = 0.0, ForgedChain()
    chain.run(60)
    follower = Follower(PREFIX, 60)
    sync = Synchroniser(follower, window=60, majority=2, clock=lambda: now)
    await report(sync, chain, "eu", "us")
    own = chain.copy()
    own.keys = dict.fromkeys(own.active, DevKey("thief"))
    for _ in range(13):
        now += 1.0
        own.produce()
        with contextlib.suppress(InvalidBlockError):
            await report(sync, own, "asia")
    own.run(ahead)
    await report(sync, own, "asia")
    assert head(sync) == own.id
    chain.run(4)
    await report(sync, chain, "eu")
    with pytest.raises(InvalidBlockError, match="most nodes"):
        await report(sync, chain, "us")
    assert sync.overrules(chain.reading())
    await sync.start_over("eu", chain.reading(), from_chain(chain))
    assert head(sync) == chain.id


def among_others(block: Block, key: DevKey) -> Block:
    """Return a block as a node tells it that shows an update there beside something unknown."""
    body = {
        "fee": {"amount": 1, "asset_id": "1.3.0"},
        "witness": WITNESS,
        "witness_account": "1.2.6",
        "new_signing_key": key.text(PREFIX),
    }
    shown = {"operations": [[77, {"only": "later nodes know"}], [21, body]]}
    return replace(block, transactions=(shown,))


def showing(chain: ForgedChain, number: int, key: DevKey) -> FetchBlock:
    fetch = from_chain(chain)

    async def changed(height: int) -> Block:
        block = await fetch(height)
        return among_others(block, key) if height == number else block

    return changed


async def test_an_update_that_proves_nothing_is_not_believed_at_the_start_on_one_nodes_word() -> (
    None
):
    chain, sync, thief = ForgedChain(), synchroniser(), DevKey("thief")
    chain.run(40)
    await report(sync, chain, "eu")
    with pytest.raises(InvalidBlockError, match="update"):
        await sync.adopt("liar", chain.reading(), showing(chain, 39, thief))
    assert sync.follower.head is None
    await report(sync, chain, "us")
    assert head(sync) == chain.id
    term = sync.follower.term(WITNESS)
    assert term is not None
    assert term.key == chain.keys[WITNESS].text(PREFIX)


async def test_an_update_that_proves_nothing_is_believed_at_the_start_when_most_nodes_show_it() -> (
    None
):
    chain, sync, key = ForgedChain(), synchroniser(), DevKey("new")
    chain.run(40)
    await sync.adopt("asia", chain.reading(), showing(chain, 39, key))
    with pytest.raises(InvalidBlockError, match="update"):
        await sync.adopt("eu", chain.reading(), showing(chain, 39, key))
    await sync.adopt("us", chain.reading(), showing(chain, 39, key))
    assert head(sync) == chain.id
    term = sync.follower.term(WITNESS)
    assert term is not None
    assert (term.key, term.since_block) == (key.text(PREFIX), 39)


async def test_key_for_which_one_node_vouched_is_as_good_as_others_once_most_have_it() -> None:
    now, chain = 0.0, ForgedChain()
    chain.run(60)
    sync = Synchroniser(Follower(PREFIX, 60), window=60, majority=2, clock=lambda: now)
    await report(sync, chain, "eu", "us")
    fork = chain.copy()
    fork.produce(slot=2)
    chain.keys[chain.owner()] = DevKey("changed out of sight")
    chain.produce()
    for _ in range(12):
        now += 1.0
        with contextlib.suppress(InvalidBlockError):
            await report(sync, chain, "eu")
    chain.produce()
    await report(sync, chain, "eu", "us")
    await report(sync, fork, "us", "asia")
    assert head(sync) == chain.id
    assert not sync.overrules(fork.reading())


async def test_two_blocks_for_one_slot_are_counted_once_and_only_if_really_signed() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    await report(sync, chain, "eu", "us")
    twin, forged = chain.copy(), chain.copy()
    witness = chain.owner()
    chain.produce()
    await report(sync, chain, "eu", "us")
    forged.produce(signer=DevKey("thief"), salt="c")
    await report(sync, forged, "asia")
    assert not sync.double_productions
    twin.produce(salt="b")
    await report(sync, twin, "asia")
    await report(sync, twin, "asia")
    assert sync.double_productions == {witness: 1}


async def test_two_blocks_by_one_key_at_one_height_are_told_whatever_their_slots() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(30)
    await report(sync, chain, "eu", "us")
    twin, witness = chain.copy(), chain.owner()
    chain.produce()
    await report(sync, chain, "eu", "us")
    twin.produce(1 + len(twin.active))
    assert twin.blocks[-1].witness == witness
    await report(sync, twin, "asia")
    assert sync.double_productions == {witness: 1}


async def test_second_block_for_a_slot_is_counted_though_more_blocks_follow_it() -> None:
    chain, sync = ForgedChain(), synchroniser()
    chain.run(40)
    await report(sync, chain, "eu", "us")
    twin, witness = chain.copy(), chain.owner()
    chain.produce()
    await report(sync, chain, "eu", "us")
    twin.produce(salt="b")
    twin.produce()
    await report(sync, twin, "asia")
    assert sync.double_productions == {witness: 1}


async def test_a_chain_whose_blocks_stay_reversible_takes_bounded_memory() -> None:
    chain, sync = ForgedChain(interval=1), synchroniser(majority=1)
    chain.run(14)
    dead = chain.active[:3]
    for _ in range(6):
        chain.run(400, dead=dead)
        await report(sync, chain, "eu")
    assert len(sync.follower.entries()) <= 2001
