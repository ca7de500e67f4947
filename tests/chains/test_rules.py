"""What a block must be to follow another, as far as one rule alone decides it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chains.bitshares.applied import Rhythm
from chains.bitshares.follower import Follower
from chains.bitshares.rules import Rules
from chains.errors import InvalidBlockError
from tests.support.chain import PREFIX, ForgedChain


@pytest.mark.parametrize("seconds", [-3, 0, 1, 4, 5])
def test_a_block_at_any_other_time_than_a_slots_is_refused(seconds: int) -> None:
    """Slots are three seconds apart; the block is signed by whoever has the next one."""
    chain = ForgedChain()
    chain.run(21)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    chain.interval = 1
    chain.time += seconds - 1
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "slot_time"
    said = f"{chain.blocks[-1].time} is no slot's time"
    assert str(refusal.value) == f"block 22: slot_time: {said}"


@pytest.mark.parametrize("count", [9, 10, 13])
def test_blocks_are_irreversible_once_70_percent_have_signed_after_them(count: int) -> None:
    """Held against the node's own way: the last block of each, sorted (db_update.cpp)."""
    draw = random.Random(7)
    chain = ForgedChain(count=count)
    chain.run(3 * count)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    last = {block.witness: block.number for block in chain.blocks}
    expected = follower.head.irreversible if follower.head else 0
    for _ in range(200):
        dead = draw.sample(chain.active, draw.choice((0, 0, 1, 2, 3, 4)))
        entry = follower.apply(chain.run(1, dead)[0])
        last[entry.witness] = entry.number
        expected = max(expected, sorted(last.values())[count * 30 // 100])
        assert entry.irreversible == expected


def test_nothing_becomes_irreversible_while_too_many_have_signed_no_block_that_is_held() -> None:
    chain = ForgedChain(count=9)
    chain.run(27, dead=chain.active[:3])
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    assert {entry.irreversible for entry in follower.entries()} == {0}


def test_who_is_active_is_kept_once_and_not_in_each_block() -> None:
    chain = ForgedChain(count=9)
    chain.run(27)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    for _ in range(3):
        entry = follower.apply(chain.produce())
        shown = chain.reading()
        own = replace(shown, active=(*[*shown.active],), shuffled=(*[*shown.shuffled],))
        follower.learn(own)
        assert follower.head is not None
        assert follower.head.active is entry.active
        assert follower.head.shuffled is entry.shuffled


def test_order_is_known_of_the_first_block_only_if_it_ends_a_round() -> None:
    chain = ForgedChain(count=9)
    chain.run(27)
    reading = chain.reading()
    rules = Rules(PREFIX, Rhythm.of(reading))
    for first, known in ((18, True), (17, False), (10, False)):
        anchor = rules.anchor(chain.blocks[first - 1 :], reading)
        assert (anchor.number, anchor.shuffled is not None) == (first, known)
