"""What becomes of blocks and transactions when another chain takes the place of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chains.peer.blocks import PeerBlock, encode
from peernode import pending
from peernode.errors import ChainMovedError, DepthError
from peernode.store import Store
from tests.peernode.made import EASY, after, bodies, chain, first, held, paid, put, reward

ROOT = first()


def branch(*blocks: Sequence[Any], stamp: float) -> list[PeerBlock]:
    """Return a chain on the common first block, of blocks with these transactions."""
    made = [ROOT]
    for transactions in blocks:
        made.append(after(made[-1], [*transactions, reward()], stamp=stamp))
    return made


async def waiting(store: Store) -> list[Any]:
    """Forge a block, and return what waited for it, as sender and amount."""
    last = await store.tip()
    assert last
    forged = await store.forge(last, after(last).proof, 5.0)
    return [(each["sender"], each["amount"]) for each in forged["transactions"][:-1]]


async def test_longer_chain_takes_the_place_of_ours_from_the_fork_on(database: str) -> None:
    common = chain(4)
    ours, theirs = chain(6, on=common, stamp=3.0), chain(9, on=common, stamp=4.0)
    async with Store(database, EASY) as store:
        await put(store, ours)
        adopted = await put(store, theirs, 4)
        assert (adopted.depth, adopted.head.length) == (2, 9)
        assert await held(store) == bodies(theirs)
        assert await store.hashes([9, 4, 10, 7]) == [
            theirs[8].hash,
            theirs[3].hash,
            None,
            theirs[6].hash,
        ]
        assert (await store.head()).size == sum(len(block.body) for block in theirs)


async def test_chain_that_only_goes_on_replaces_nothing(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, chain(4))
        assert (await put(store, chain(7), 4)).depth == 0
        assert await store.length() == 7


async def test_transactions_that_only_the_abandoned_branch_held_wait_again_in_their_order(
    database: str,
) -> None:
    async with Store(database, EASY) as store:
        await put(store, branch([paid("a"), paid("b")], [paid("c")], stamp=3.0))
        await store.take(paid("d"))
        await put(store, branch([], [paid("b")], [], stamp=4.0), 1)
        assert await waiting(store) == [("a", 1), ("c", 1), ("d", 1)]


async def test_what_was_paid_twice_is_counted_twice(database: str) -> None:
    twice = [paid("a"), paid("a")]
    async with Store(database, EASY) as store:
        await put(store, branch(twice, [paid("a", 1.0)], stamp=3.0))
        await store.take(paid("a"))
        await put(store, branch([paid("a")], [paid("a")], [], stamp=4.0), 1)
        assert await waiting(store) == [("a", 1.0), ("a", 1)]


async def test_what_waits_and_is_in_the_new_branch_waits_no_more(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, branch([], stamp=3.0))
        for sender in "aba":
            await store.take(paid(sender))
        await put(store, branch([paid("a")], [paid("b")], stamp=4.0), 1)
        assert await waiting(store) == [("a", 1)]


async def test_rewards_of_abandoned_blocks_are_gone(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, branch([], [], stamp=3.0))
        await put(store, branch([], [], [], stamp=4.0), 1)
        assert await waiting(store) == []


async def test_what_others_put_into_blocks_comes_back_whatever_it_is(database: str) -> None:
    odd: list[Any] = [5, None, ["x"], {"sender": ["0"]}, {"sender": 0, "more": "\ud800"}]
    async with Store(database, EASY) as store:
        await put(store, branch(odd, stamp=3.0))
        await put(store, branch([], [], stamp=4.0), 1)
        last = await store.tip()
        assert last
        forged = await store.forge(last, after(last).proof, 5.0)
        assert forged["transactions"][:-1] == odd


@pytest.mark.parametrize(
    ("limit", "most"), [("MOST_RETURNED", 3), ("MOST_RETURNED_BYTES", 3 * len(encode(paid("a"))))]
)
async def test_transactions_without_room_are_given_up_the_newest_first(
    database: str, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(pending, limit, most)
    async with Store(database, EASY) as store:
        await put(store, branch([paid("a"), paid("b"), paid("c")], stamp=3.0))
        await store.take(paid("d"))
        adopted = await put(store, branch([], [], stamp=4.0), 1)
        assert adopted.given_up == 1
        assert await waiting(store) == [("a", 1), ("b", 1), ("d", 1)]


async def test_transaction_that_is_too_large_for_a_block_of_ours_is_given_up(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST_IN_BLOCK", 2 * len(encode(paid("a"))))
    async with Store(database, EASY) as store:
        await put(store, branch([paid("x" * 100), paid("b")], stamp=3.0))
        adopted = await put(store, branch([], [], stamp=4.0), 1)
        assert adopted.given_up == 1
        assert await waiting(store) == [("b", 1)]


@pytest.mark.parametrize("length", [4, 5], ids=["shorter", "as long"])
async def test_chain_that_is_no_longer_than_ours_is_not_adopted(database: str, length: int) -> None:
    common = chain(2)
    ours = chain(5, on=common, stamp=3.0)
    async with Store(database, EASY) as store:
        await put(store, ours)
        with pytest.raises(ChainMovedError, match="has 5 blocks"):
            await put(store, chain(length, on=common, stamp=4.0), 2)
        assert await held(store) == bodies(ours)


async def test_fork_block_that_was_replaced_meanwhile_keeps_the_chain_from_being_adopted(
    database: str,
) -> None:
    common = chain(2)
    ours, other = chain(4, on=common, stamp=3.0), chain(5, on=common, stamp=4.0)
    theirs = chain(9, on=ours, stamp=5.0)
    async with Store(database, EASY) as store:
        await put(store, ours)
        fork = await store.begin_staging(4)
        await store.stage(fork, theirs[4:])
        await put(store, other, 2)
        fresh = await store.begin_staging(5)
        await store.stage(fresh, theirs[5:])
        with pytest.raises(ChainMovedError, match="Block 4 is another one"):
            await store.adopt(fork, theirs[-1].hash, None)
        assert await held(store) == bodies(other)


async def test_local_block_that_came_meanwhile_is_replaced_if_theirs_is_still_longer(
    database: str,
) -> None:
    common = chain(3)
    theirs = chain(6, on=common, stamp=4.0)
    async with Store(database, EASY) as store:
        await put(store, common)
        fork = await store.begin_staging(3)
        await store.stage(fork, theirs[3:])
        await store.take(paid("a"))
        assert await waiting(store) == [("a", 1)]
        assert (await store.adopt(fork, theirs[-1].hash, None)).depth == 1
        assert await waiting(store) == [("a", 1)]


async def test_more_blocks_than_allowed_are_not_replaced(database: str) -> None:
    common = chain(2)
    ours = chain(5, on=common, stamp=3.0)
    theirs = chain(6, on=common, stamp=4.0)
    async with Store(database, EASY) as store:
        await put(store, ours)
        with pytest.raises(DepthError, match="replace 3 of our own blocks; without a person 2"):
            await put(store, theirs, 2, most=2)
        assert await held(store) == bodies(ours)
        assert (await put(store, theirs, 2, most=3)).depth == 3


async def test_what_is_staged_is_no_part_of_the_chain_until_it_is_adopted(database: str) -> None:
    ours = chain(2)
    async with Store(database, EASY) as store:
        await put(store, ours)
        fork = await store.begin_staging(2)
        await store.stage(fork, chain(9, on=ours)[2:])
        assert await held(store) == bodies(ours)
    async with Store(database, EASY) as store:
        assert await held(store) == bodies(ours)
        await store.forget_staged()
        with pytest.raises(ChainMovedError):
            await store.adopt(fork, chain(9, on=ours)[-1].hash, None)


async def test_fork_at_a_height_that_is_not_there_is_refused(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, chain(2))
        with pytest.raises(ChainMovedError, match="no block 3"):
            await store.begin_staging(3)
