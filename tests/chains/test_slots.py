"""When a witness has its slots, and which of them are told as missed before the next block."""

from __future__ import annotations

import pytest

from chains.bitshares.schedule import participation, shuffle, slot_at, slot_time
from tests.chains.forged import WITNESS, caught_up, following
from tests.support.chain import PREFIX, START, ForgedChain


def test_the_next_slot_is_when_the_witness_really_produces() -> None:
    chain = ForgedChain()
    follower = following(chain, 21)
    told = follower.next_slots()[WITNESS]
    chain.run_until(WITNESS)
    assert told == chain.produce().time


def test_the_very_next_slot_is_among_the_next_ones() -> None:
    chain = ForgedChain()
    follower = following(chain, 21)
    assert follower.next_slots()[chain.owner()] == follower.next_block_due()


def test_the_next_real_slot_is_always_among_those_that_were_possible() -> None:
    chain = ForgedChain()
    follower = following(chain, 21)
    for _ in range(40):
        possible = follower.possible_slots(WITNESS)
        assert possible == sorted(set(possible))
        ahead = chain.copy()
        ahead.run_until(WITNESS)
        assert ahead.produce().time in possible
        follower.apply(chain.produce())


def test_before_the_shuffle_only_own_slots_are_possible_and_after_it_all_are() -> None:
    chain = ForgedChain()
    follower = following(chain, 21)
    own = follower.next_slots()[WITNESS]
    round_ends = chain.time + 7 * chain.interval
    possible = follower.possible_slots(WITNESS)
    assert [slot for slot in possible if slot <= round_ends] == [own]
    assert possible[1:] == [round_ends + n * chain.interval for n in range(1, 8)]


def test_slots_after_a_maintenance_come_as_much_later_as_slots_are_skipped() -> None:
    chain = ForgedChain(maintenance=120, skipped=3)
    follower = following(chain, 21)
    while not chain.after_maintenance:
        follower.apply(chain.produce())
    assert follower.next_block_due() == chain.time + (1 + 3) * chain.interval
    told = follower.next_slots()
    assert told
    for witness in chain.active:
        ahead = chain.copy()
        ahead.run_until(witness)
        slot = ahead.produce().time
        assert slot in follower.possible_slots(witness)
        assert slot == told.get(witness, slot)
    follower.apply(chain.produce())
    assert follower.next_block_due() == chain.time + chain.interval


def test_slot_of_a_witness_that_missed_its_last_one_is_doubtful_until_it_signs_again() -> None:
    chain = ForgedChain()
    follower = following(chain, 21)
    assert follower.doubtful_slots() == frozenset()
    while not follower.recent_misses(WITNESS) or WITNESS not in follower.next_slots():
        follower.apply(*chain.run(1, dead=(WITNESS,)))
    assert follower.doubtful_slots() == {follower.next_slots()[WITNESS]}
    signed = follower.next_slots()[WITNESS]
    while chain.time < signed or WITNESS not in follower.next_slots():
        follower.apply(chain.produce())
    assert follower.doubtful_slots() == frozenset()


def test_a_witness_that_is_not_active_has_no_slots() -> None:
    assert following(ForgedChain(), 21).possible_slots("1.6.99") == []


def test_a_slot_that_passed_is_told_before_the_next_block() -> None:
    chain = ForgedChain(interval=3)
    chain.run(21)
    chain.run_until(WITNESS)
    follower = caught_up(chain)
    slot = chain.time + 3
    assert follower.provisional_misses(slot + 2.4) == ()
    (missed,) = follower.provisional_misses(slot + 2.5)
    assert (missed.witness, missed.time) == (WITNESS, slot)
    assert missed.key == chain.keys[WITNESS].text(PREFIX)
    assert follower.recent_misses(WITNESS) == []


def test_slots_are_told_as_missed_one_by_one_as_the_next_block_will_charge_them() -> None:
    chain = ForgedChain(interval=3, maintenance=63, skipped=3)
    chain.run(21)
    while not chain.after_maintenance:
        chain.produce()
    follower = caught_up(chain)
    owners = [chain.owner(slot) for slot in range(1, 5)]
    block = chain.copy().produce(slot=5)
    told = follower.provisional_misses(block.time + 2.4)
    assert [slot.witness for slot in told] == owners
    assert [slot.time for slot in told] == [block.time - 3 * k for k in (4, 3, 2, 1)]
    assert told == follower.apply(block).missed
    assert follower.provisional_misses(block.time + 2.5) == ()


def test_a_chain_that_halts_charges_nobody_not_even_provisionally() -> None:
    chain = ForgedChain(interval=3)
    follower = following(chain)
    for empty in range(7):
        assert len(follower.provisional_misses(chain.time + 3 * empty + 2.5)) == empty
    for empty in (7, 8, 1000):
        assert follower.provisional_misses(chain.time + 3 * empty + 2.5) == ()


@pytest.mark.parametrize(
    ("time", "skipped", "slot"),
    [
        (0, 0, 0),
        (99, 0, 0),
        (101, 0, 0),
        (102, 0, 1),
        (104, 0, 1),
        (105, 0, 2),
        (110, 3, 0),
        (111, 3, 1),
    ],
)
def test_moment_falls_into_the_slot_that_has_begun(time: int, skipped: int, slot: int) -> None:
    assert slot_at(101, 3, time, skipped) == slot
    if not skipped:
        assert slot_at(101, 3, time) == slot


def test_slots_begin_at_multiples_of_the_interval() -> None:
    assert [slot_time(101, 3, slot) for slot in (1, 2)] == [102, 105]
    assert slot_time(101, 3, 1, skipped=2) == 108


def test_witnesses_are_drawn_in_the_order_of_their_numbers() -> None:
    """As text, 10 would come before 2, and 110 does not come before 102."""
    low, high = ([f"1.6.{number}" for number in range(first, first + 12)] for first in (1, 101))
    places = dict(zip(low, high, strict=True))
    drawn = shuffle(low, START)
    assert [places[each] for each in drawn] == list(shuffle(high, START))
    assert shuffle(reversed(low), START) == drawn


def test_share_of_filled_slots_is_that_of_the_newest() -> None:
    assert participation(0b1101, 4) == 0.75
    assert participation(0b10101, 2) == 0.5
    assert participation((1 << 128) - 1) == 1.0
    assert participation(0b11) == 2 / 128
