"""Where a node's chain leaves the followed one, found by asking a node that may lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.judge import Parting
from chains.bitshares.parting import PartingSearch
from chains.errors import BadReplyError, NodeError
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain

THIEF = DevKey("thief")


class Asked:
    """A node that answers from a chain, and how often it was asked."""

    def __init__(self, chain: ForgedChain) -> None:
        self.chain = chain
        self.headers = self.blocks = 0

    async def header(self, number: int) -> Any:
        self.headers += 1
        return self.chain.raw.get(number)

    async def block(self, number: int) -> Block:
        self.blocks += 1
        return self.chain.blocks[number - 1]


@pytest.fixture(scope="module")
def long_chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(700)
    return chain


def followed(chain: ForgedChain) -> Follower:
    follower = Follower(PREFIX, 3000)
    follower.begin(chain.blocks[6:], chain.reading())
    return follower


def forked_at(chain: ForgedChain, height: int) -> ForgedChain:
    """Return a copy of a chain as it was at a height."""
    fork = ForgedChain(len(chain.active), chain.interval, chain.maintenance)
    fork.blocks, fork.raw = chain.blocks[:height], {n: chain.raw[n] for n in range(1, height + 1)}
    last = chain.blocks[height - 1]
    fork.number, fork.id, fork.time, fork.aslot = height, last.id, last.time, height
    begun = ForgedChain(len(chain.active), chain.interval, chain.maintenance)
    fork.shuffled = begun.shuffled
    entry = followed(chain).applied(height)
    assert entry is not None and entry.shuffled is not None
    fork.shuffled = entry.shuffled
    return fork


def parted_at(chain: ForgedChain, height: int, more: int = 0) -> ForgedChain:
    """Return a fork that misses the slot after a height; `more` blocks follow its first own one."""
    fork = forked_at(chain, height)
    fork.produce(slot=2)
    fork.run(more)
    return fork


def search(follower: Follower, asked: Asked) -> PartingSearch:
    return PartingSearch("eu", follower, asked.header, asked.block)


@pytest.mark.parametrize("height", [7, 8, 350, 692, 698, 699])
async def test_the_last_block_in_common_is_found_whatever_its_height(
    long_chain: ForgedChain, height: int
) -> None:
    fork = parted_at(long_chain, height, 5)
    asked = Asked(fork)
    found = await search(followed(long_chain), asked).find(fork.reading(), None)
    first = fork.blocks[height]
    assert found == Parting(height, first.previous, first.id)
    assert asked.headers <= 48
    assert asked.blocks == 1


async def test_fork_that_is_known_costs_one_header_a_block(long_chain: ForgedChain) -> None:
    fork = parted_at(long_chain, 350)
    asked = Asked(fork)
    searching = search(followed(long_chain), asked)
    known = await searching.find(fork.reading(), None)
    for _ in range(4):
        fork.run(3)
        before = asked.headers, asked.blocks
        assert await searching.find(fork.reading(), known) is known
        assert (asked.headers, asked.blocks) == (before[0] + 1, before[1])


async def test_node_that_changes_to_another_fork_is_searched_anew(long_chain: ForgedChain) -> None:
    one, other = forked_at(long_chain, 350), forked_at(long_chain, 340)
    one.produce(slot=2)
    other.produce(slot=3)
    one.run(5)
    other.run(30)
    asked = Asked(one)
    searching = search(followed(long_chain), asked)
    known = await searching.find(one.reading(), None)
    asked.chain = other
    found = await searching.find(other.reading(), known)
    assert found is not None
    assert found.height == 340


async def test_node_that_went_back_to_the_block_in_common_has_left_nowhere(
    long_chain: ForgedChain,
) -> None:
    fork = parted_at(long_chain, 350)
    asked = Asked(fork)
    searching = search(followed(long_chain), asked)
    known = await searching.find(fork.reading(), None)
    for height in (350, 349):
        back = replace(fork.reading(), head_number=height, head_id=long_chain.blocks[height - 1].id)
        asked.chain = forked_at(long_chain, height)
        assert await searching.find(back, known) is None


async def test_fork_that_is_followed_by_now_is_none_any_more(long_chain: ForgedChain) -> None:
    first = long_chain.blocks[350]
    known = Parting(350, first.previous, first.id)
    ahead = long_chain.copy()
    ahead.run(2)
    assert await search(followed(long_chain), Asked(ahead)).find(ahead.reading(), known) is None


async def test_fork_of_a_block_that_was_left_itself_is_searched_anew(
    long_chain: ForgedChain,
) -> None:
    fork = parted_at(long_chain, 350, 3)
    follower = followed(long_chain)
    first = fork.blocks[350].id
    expected = Parting(350, long_chain.blocks[349].id, first)
    left = replace(expected, parent="ab" * 20)
    assert await search(follower, Asked(fork)).find(fork.reading(), left) == expected
    follower.restore(follower.entries()[-351:])
    assert follower.oldest is not None
    assert follower.oldest.number == 350
    assert await search(follower, Asked(fork)).find(fork.reading(), left) == expected


async def test_known_fork_stays_known_when_the_block_in_common_is_let_go(
    long_chain: ForgedChain,
) -> None:
    fork = parted_at(long_chain, 350, 3)
    follower = followed(long_chain)
    known = await search(follower, Asked(fork)).find(fork.reading(), None)
    follower.restore(follower.entries()[-340:])
    asked = Asked(fork)
    assert await search(follower, asked).find(fork.reading(), known) is known
    assert (asked.headers, asked.blocks) == (1, 0)


async def test_fork_that_left_before_all_that_is_held_is_told_as_such(
    long_chain: ForgedChain,
) -> None:
    fork = parted_at(long_chain, 50, 660)
    follower = Follower(PREFIX, 60)
    follower.begin(long_chain.blocks[6:], long_chain.reading())
    assert follower.oldest is not None
    asked = Asked(fork)
    searching = search(follower, asked)
    found = await searching.find(fork.reading(), None)
    assert found == Parting(follower.oldest.number - 1, exact=False)
    asked.headers = 0
    assert await searching.find(fork.reading(), found) is found
    assert (asked.headers, asked.blocks) == (1, 0)


async def test_node_that_is_merely_ahead_has_left_nowhere(long_chain: ForgedChain) -> None:
    ahead = long_chain.copy()
    ahead.run(40)
    found = await search(followed(long_chain), Asked(ahead)).find(ahead.reading(), None)
    assert found is None


async def test_first_block_of_a_fork_is_verified(long_chain: ForgedChain) -> None:
    fork = forked_at(long_chain, 690)
    fork.keys = dict.fromkeys(fork.active, THIEF)
    fork.run(5)
    found = await search(followed(long_chain), Asked(fork)).find(fork.reading(), None)
    assert found is not None
    assert found.height == 690
    assert found.invalid.startswith(f"block 691: signature: signed by {THIEF.text(PREFIX)}")


LIES: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _: None,
    "no-header": lambda _: [1, 2],
    "no-previous": lambda header: {**header, "previous": 7},
    "no-id": lambda header: {**header, "previous": "zz" * 20},
    "another-parent": lambda header: {**header, "previous": header["previous"][:8] + "ab" * 16},
}


@pytest.mark.parametrize("lie", LIES)
async def test_node_whose_headers_are_lies_is_refused_or_found_out(
    long_chain: ForgedChain, lie: str
) -> None:
    fork = parted_at(long_chain, 690, 5)

    class Liar(Asked):
        async def header(self, number: int) -> Any:
            found = await super().header(number)
            return LIES[lie](found)

    searching = search(followed(long_chain), Liar(fork))
    try:
        found = await searching.find(fork.reading(), None)
    except NodeError as error:
        assert str(error) in {
            "eu: sent no header of block 50",
            "eu: its headers and its block 691 are not of one chain",
        }
        return
    assert found is not None and not found.exact  # as whoever has no block of ours would say


async def test_block_that_contradicts_the_headers_proves_nothing(long_chain: ForgedChain) -> None:
    fork = parted_at(long_chain, 690, 5)

    class Liar(Asked):
        async def block(self, number: int) -> Block:
            return await super().block(number + 1)

    with pytest.raises(BadReplyError) as error:
        await search(followed(long_chain), Liar(fork)).find(fork.reading(), None)
    assert str(error.value) == "eu: its headers and its block 691 are not of one chain"
