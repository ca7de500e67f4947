"""What the follower says of slots while nobody knows whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import InvalidBlockError
from tests.chains.forged import (
    WITNESS,
    caught_up,
    following,
    moved,
)
from tests.support.chain import ForgedChain


def test_after_a_maintenance_the_order_is_certain_until_the_next_shuffle() -> None:
    """Votes count at a maintenance, so the next round may have other witnesses."""
    chain = ForgedChain(maintenance=60)
    follower = following(chain)
    while not chain.after_maintenance:
        follower.apply(chain.produce())
    assert chain.number % 7, "the round is not over"
    other = chain.copy()
    other.shuffled = moved(other.shuffled)
    with pytest.raises(InvalidBlockError, match="schedule"):
        follower.apply(other.produce())
    while chain.number % 7:
        follower.apply(chain.produce())
    follower.apply(chain.produce(slot=2))
    charged = follower.entries()[-1].missed
    assert len(charged) == 1
    chain.shuffled = moved(chain.shuffled)
    follower.apply(chain.produce())
    assert follower.recent_misses(charged[0].witness) == [], "whose slot it was is not known"


def test_where_the_order_was_another_one_nobody_is_charged_in_this_round_only() -> None:
    chain = ForgedChain()
    follower = following(chain, 14)
    follower.apply(chain.produce(slot=2))
    while chain.number % 7:
        follower.apply(chain.produce())
    earlier = follower.entries()
    follower.apply(chain.produce(slot=2))
    follower.apply(chain.produce())
    uncertain = [replace(e, schedule_certain=False) for e in follower.entries()]
    follower.restore(uncertain)
    witness = follower.entries()[-2].missed[0].witness
    before = len(follower.recent_misses(witness))
    chain.shuffled = moved(chain.shuffled)
    applied = follower.apply(chain.produce())
    assert len(follower.recent_misses(witness)) == before - 1
    entries = follower.entries()
    kept = len(earlier) - 1
    assert [(e.id, e.shuffled, e.missed) for e in entries[:kept]] == [
        (e.id, e.shuffled, e.missed) for e in earlier[:kept]
    ]
    assert sum(len(e.missed) for e in entries[:kept]) == 1
    assert [e.number for e in entries[kept:]] == list(range(earlier[-1].number, chain.number + 1))
    assert all(e.shuffled is None and e.missed == () for e in entries[kept:])
    assert applied.shuffled is None
    assert follower.next_slots() == {}
    assert follower.shuffle_due() == follower.next_block_due() == chain.time + chain.interval
    assert follower.possible_slots(WITNESS)[0] == chain.time + chain.interval


def test_an_order_of_earlier_rounds_that_nobody_knows_keeps_nothing_from_beginning() -> None:
    chain = ForgedChain()
    for _ in range(3):
        chain.run(7)
        chain.shuffled = moved(chain.shuffled)
    follower = caught_up(chain)
    assert follower.head is not None
    assert follower.head.id == chain.id
    assert not any(follower.recent_misses(witness) for witness in chain.active)
