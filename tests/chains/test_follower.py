"""What the follower says of keys and misses when the chain does what chains do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitshares.applied import ALL_FILLED, Applied, Term
from chains.bitshares.follower import Follower
from devnet.keys import DevKey
from tests.chains.forged import (
    ALPHA,
    BETA,
    WINDOW,
    WITNESS,
    apply_all,
    caught_up,
    following,
    misses,
    rotate,
)
from tests.support.chain import PREFIX, ForgedChain


def test_a_dead_witness_is_charged_its_own_slots_and_nobody_elses() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(40, dead=[WITNESS]))
    assert misses(follower) >= 4
    assert all(not follower.recent_misses(other) for other in chain.active[1:])


def test_a_healthy_chain_charges_nobody() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(60))
    assert [follower.recent_misses(witness) for witness in chain.active] == [[]] * 7


def test_a_new_key_starts_with_no_misses() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(30, dead=[WITNESS]))
    chain.run_until("1.6.2", dead=[WITNESS])
    apply_all(follower, chain.blocks[follower.head.number :] if follower.head else [])
    assert misses(follower) >= 3
    follower.apply(chain.produce(updates={WITNESS: BETA}))
    assert misses(follower) == 0
    term = follower.term(WITNESS)
    assert term is not None
    assert (term.key, term.since_block) == (BETA.text(PREFIX), chain.number)


def test_a_slot_missed_right_before_the_update_is_not_the_new_keys() -> None:
    chain = ForgedChain()
    follower = following(chain)
    chain.run_until(WITNESS)
    apply_all(follower, chain.blocks[21:])
    follower.apply(chain.produce(slot=2, updates={WITNESS: BETA}))
    assert misses(follower) == 0


def test_coming_back_to_an_earlier_key_is_a_new_term() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(40, dead=[WITNESS]))
    assert misses(follower) >= 3
    apply_all(follower, rotate(chain, BETA))
    apply_all(follower, chain.run(7, dead=[WITNESS]))
    apply_all(follower, rotate(chain, ALPHA))
    assert misses(follower) == 0


def test_an_update_that_names_the_key_in_force_begins_no_new_term() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(30, dead=[WITNESS]))
    before = misses(follower)
    assert before >= 3
    apply_all(follower, rotate(chain, ALPHA))
    assert misses(follower) >= before


def test_misses_leave_the_window() -> None:
    chain = ForgedChain(interval=3)
    follower = following(chain)
    apply_all(follower, chain.run(10, dead=[WITNESS]))
    assert misses(follower) > 0
    apply_all(follower, chain.run(WINDOW // 3 + 1))
    assert misses(follower) == 0


def test_a_miss_leaves_the_window_to_the_second() -> None:
    chain = ForgedChain(interval=3)
    follower = following(chain)
    chain.run_until(WITNESS)
    apply_all(follower, chain.blocks[21:])
    missed = chain.time + 3
    follower.apply(chain.produce(slot=2))
    while chain.time < missed + WINDOW + 9:
        assert misses(follower) == (chain.time - missed < WINDOW)
        follower.apply(chain.produce())


def test_a_restart_counts_the_same_misses() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(40, dead=[WITNESS]))
    assert misses(caught_up(chain)) == misses(follower) >= 4


def test_a_reorganisation_takes_back_the_misses_of_the_abandoned_branch() -> None:
    chain = ForgedChain()
    follower = following(chain)
    fork = chain.copy()
    root = chain.id
    apply_all(follower, chain.run(20, dead=[WITNESS]))
    lost = misses(follower)
    assert lost > 0
    dropped = follower.rewind(root)
    assert len(dropped) == 20
    apply_all(follower, fork.run(25))
    assert misses(follower) == 0


def test_a_reorganisation_of_one_block_takes_back_its_misses() -> None:
    chain = ForgedChain()
    follower = following(chain)
    fork, root, witness = chain.copy(), chain.id, chain.owner()
    follower.apply(chain.produce(slot=2))
    assert len(follower.recent_misses(witness)) == 1
    follower.rewind(root)
    follower.apply(fork.produce())
    assert follower.recent_misses(witness) == []


def test_blocks_are_held_from_the_oldest_to_the_head() -> None:
    chain = ForgedChain()
    follower = following(chain)
    entries = follower.entries()
    heights = range(entries[0].number - 1, entries[-1].number + 2)
    assert [follower.applied(height) for height in heights] == [None, *entries, None]


def test_a_block_is_signed_like_another_only_by_the_same_key() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(len(chain.active) + 1))
    block, earlier = chain.blocks[-1], follower.entries()[:-1]
    likes = {entry.witness for entry in earlier if follower.signed_like(entry, block)}
    assert likes == {block.witness}
    same = next(entry for entry in earlier if entry.witness == block.witness)
    assert not follower.signed_like(same, replace(block, signature=bytes(65))), "signed by nobody"


def test_a_block_that_is_not_held_can_not_be_gone_back_to() -> None:
    chain = ForgedChain()
    follower = following(chain)
    before = follower.entries()
    with pytest.raises(KeyError, match="ff" * 20):
        follower.rewind("ff" * 20)
    assert follower.entries() == before


def test_a_reorganisation_takes_back_a_rotation_too() -> None:
    chain = ForgedChain()
    follower = following(chain)
    root = chain.id
    fork = chain.copy()
    follower.apply(chain.produce(updates={WITNESS: BETA}))
    follower.rewind(root)
    follower.apply(fork.produce())
    term = follower.term(WITNESS)
    assert term is not None
    assert term.key == ALPHA.text(PREFIX)


def test_a_halted_chain_charges_nobody() -> None:
    chain = ForgedChain()
    follower = following(chain)
    halted_for = len(chain.active) + 1
    applied = follower.apply(chain.produce(slot=halted_for))
    assert applied.missed == ()


def test_the_longest_gap_that_is_charged_is_one_slot_less_than_the_schedule() -> None:
    chain = ForgedChain()
    follower = following(chain)
    applied = follower.apply(chain.produce(slot=len(chain.active)))
    assert len(applied.missed) == len(chain.active) - 1


def test_the_gap_behind_the_first_block_is_charged_to_nobody_and_the_next_one_is() -> None:
    """Whether slots were skipped in it for a maintenance can't be told from the blocks held."""
    chain = ForgedChain()
    chain.run(7)
    for slot in (3, 2, 1):
        chain.produce(slot)
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[6:], chain.reading())
    assert [len(e.missed) for e in follower.entries()] == [0, 0, 1, 0]
    assert [e.filled for e in follower.entries()[:2]] == [ALL_FILLED, ALL_FILLED]
    assert follower.entries()[2].filled == ALL_FILLED - 2


@pytest.mark.parametrize("maintenance", [33, 36, 39, 3600])
def test_slots_are_counted_back_to_the_first_block_that_is_held(maintenance: int) -> None:
    chain, counted = ForgedChain(maintenance=maintenance, skipped=2), []
    for slot in (1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 3, 1, 1, 2, 1):
        chain.produce(slot)
        counted.append(chain.aslot)
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[6:], chain.reading())
    assert [e.aslot for e in follower.entries()] == counted[6:]


def test_a_key_changed_out_of_sight_is_taken_over_only_when_allowed() -> None:
    chain = ForgedChain()
    follower = following(chain)
    witness = chain.owner()
    hidden = DevKey("by-proposal")
    block = chain.produce(signer=hidden)
    follower.apply(block, vouched=True)
    assert follower.term(witness) == Term(hidden.text(PREFIX), chain.number - 1, block.time - 3)


def test_irreversibility_follows_seven_tenths_of_the_witnesses() -> None:
    chain = ForgedChain()
    follower = following(chain, 35)
    head = follower.head
    assert head is not None
    assert chain.number - 7 <= head.irreversible < chain.number


def test_memory_stays_bounded() -> None:
    chain = ForgedChain(interval=3)
    follower = following(chain)
    apply_all(follower, chain.run(WINDOW // 3 * 3))
    assert len(follower.entries()) <= WINDOW // 3 + 3 * len(chain.active) + 1


@pytest.mark.parametrize(
    ("window", "dead", "oldest"),
    [
        (30, 0, lambda head: head.number - 3 * 7),
        (30, 3, lambda head: head.irreversible - 1),
        (300, 0, lambda head: head.number - 300 // 3),
    ],
    ids=["three rounds", "what is not irreversible yet", "the window"],
)
def test_just_as_many_blocks_are_kept_as_are_needed(
    window: int, dead: int, oldest: Callable[[Applied], int]
) -> None:
    chain = ForgedChain(interval=3)
    chain.run(21)
    follower = Follower(PREFIX, window)
    follower.begin(chain.blocks[6:], chain.reading())
    for block in (*chain.run(100), *chain.run(60, dead=chain.active[:dead])):
        follower.apply(block)
    assert follower.head is not None
    assert follower.oldest is not None
    assert follower.oldest.number == oldest(follower.head)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=6), min_size=5, max_size=30))
def test_every_slot_is_either_a_block_or_a_miss(slots: list[int]) -> None:
    chain = ForgedChain()
    follower = following(chain, 14)
    start = chain.aslot
    filled = missed = 0
    for slot in slots:
        missed += len(follower.apply(chain.produce(slot)).missed)
        filled += 1
    assert filled + missed == chain.aslot - start
