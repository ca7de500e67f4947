"""What the follower says of keys and misses when the chain does what chains do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.keys import NULL_KEY, encode_key
from chains.errors import InvalidBlockError
from devnet.keys import DevKey
from tests.chains.forged import WINDOW, WITNESS, caught_up, following
from tests.support.chain import PREFIX, ForgedChain

ALPHA = DevKey("init0-signing")
BETA = DevKey("init0-beta")


def misses(follower: Follower) -> int:
    return len(follower.recent_misses(WITNESS))


def apply_all(follower: Follower, blocks: list[Block]) -> None:
    for block in blocks:
        follower.apply(block)


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


def test_coming_back_to_an_earlier_key_is_a_new_term() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(40, dead=[WITNESS]))
    assert misses(follower) >= 3
    apply_all(follower, _rotate(chain, BETA))
    apply_all(follower, chain.run(7, dead=[WITNESS]))
    apply_all(follower, _rotate(chain, ALPHA))
    assert misses(follower) == 0


def test_an_update_that_names_the_key_in_force_begins_no_new_term() -> None:
    chain = ForgedChain()
    follower = following(chain)
    apply_all(follower, chain.run(30, dead=[WITNESS]))
    before = misses(follower)
    assert before >= 3
    apply_all(follower, _rotate(chain, ALPHA))
    assert misses(follower) >= before


def test_misses_leave_the_window() -> None:
    chain = ForgedChain(interval=3)
    follower = following(chain)
    apply_all(follower, chain.run(10, dead=[WITNESS]))
    assert misses(follower) > 0
    apply_all(follower, chain.run(WINDOW // 3 + 1))
    assert misses(follower) == 0


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


def test_a_pending_key_that_only_a_node_shows_is_not_in_force() -> None:
    chain = ForgedChain()
    chain.run(21)
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[6:], chain.reading(shown={WITNESS: BETA}))
    term = follower.term(WITNESS)
    assert term is not None
    assert term.key == ALPHA.text(PREFIX)
    assert term.proven


def test_the_key_of_a_witness_that_never_signed_is_only_a_claim() -> None:
    chain = ForgedChain()
    chain.run(30, dead=[WITNESS])
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[6:], chain.reading())
    term = follower.term(WITNESS)
    assert term is not None
    assert not term.proven


def test_an_update_that_was_pending_at_the_start_begins_a_new_term() -> None:
    chain = ForgedChain()
    chain.run(60, dead=[WITNESS])
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[6:], chain.reading(shown={WITNESS: BETA}))
    assert misses(follower) >= 3
    apply_all(follower, _rotate(chain, BETA))
    assert misses(follower) == 0


def test_the_last_block_of_a_long_dead_witness_proves_its_key() -> None:
    chain = ForgedChain()
    chain.run(14)
    chain.run(60, dead=[WITNESS])
    last = [block for block in chain.blocks if block.witness == WITNESS][-1]
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[27:], chain.reading(), {WITNESS: last})
    term = follower.term(WITNESS)
    assert term is not None
    assert term.proven


def test_the_null_key_is_a_key_like_any_other_until_it_is_changed() -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = chain.produce(updates={WITNESS: _NullKey("")})
    follower.apply(block)
    term = follower.term(WITNESS)
    assert term is not None
    assert term.key == encode_key(NULL_KEY, PREFIX)


class _NullKey(DevKey):
    def text(self, prefix: str) -> str:
        return encode_key(NULL_KEY, prefix)


def test_a_block_that_does_not_follow_the_head_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    chain.produce()
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "link"


def test_a_block_signed_by_another_key_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce(signer=DevKey("thief")))
    assert refusal.value.reason == "signature"


def test_a_block_out_of_turn_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    chain.shuffled = tuple(reversed(chain.shuffled))
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "schedule"


def test_a_block_between_two_slots_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    chain.time += 1
    chain.interval = 1
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "slot_time"


def test_a_refused_block_leaves_everything_as_it_was() -> None:
    chain = ForgedChain()
    follower = following(chain)
    before = follower.entries()
    with pytest.raises(InvalidBlockError):
        follower.apply(chain.copy().produce(signer=DevKey("thief")))
    assert follower.entries() == before
    follower.apply(chain.produce())


def test_a_key_changed_out_of_sight_is_taken_over_only_when_allowed() -> None:
    chain = ForgedChain()
    follower = following(chain)
    witness = chain.owner()
    hidden = DevKey("by-proposal")
    block = chain.produce(signer=hidden)
    follower.apply(block, vouched=True)
    term = follower.term(witness)
    assert term is not None
    assert term.key == hidden.text(PREFIX)


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


def _rotate(chain: ForgedChain, key: DevKey) -> list[Block]:
    """Hand the witness to another key, in a block of somebody else."""
    before = len(chain.blocks)
    while chain.owner() == WITNESS:
        chain.produce(slot=2)
        if chain.owner() != WITNESS:
            break
    chain.produce(updates={WITNESS: key})
    return chain.blocks[before:]


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
