"""What the follower says of keys and misses when the chain does what chains do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitshares.applied import ALL_FILLED, Applied, Term
from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.keys import NULL_KEY, encode_key
from chains.bitshares.rules import open_to_vouching
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


def test_until_the_first_shuffle_that_is_seen_nobody_is_charged() -> None:
    chain = ForgedChain()
    chain.run(8)
    for slot in (2, 3, 2, 1):
        chain.produce(slot)
    follower = Follower(PREFIX, WINDOW)
    follower.begin(chain.blocks[8:], chain.reading())
    first, *others, _ = follower.entries()
    assert (first.shuffled, first.irreversible) == (None, 0)
    assert [(e.shuffled, e.missed) for e in others] == [(None, ())] * 2


def test_first_block_may_show_an_update_beside_what_is_not_known_here() -> None:
    chain = ForgedChain()
    chain.run(7)
    first = chain.produce(updates={WITNESS: BETA})
    chain.run(3)
    unproven = replace(first, transactions=(*first.transactions, unknown(chain)))
    follower = Follower(PREFIX, WINDOW)
    follower.begin([unproven, *chain.blocks[8:]], chain.reading())
    term = follower.entries()[0].terms[WITNESS]
    assert (term.key, term.since_block) == (BETA.text(PREFIX), first.number)


def test_what_a_node_says_of_its_own_head_block_is_taken_over() -> None:
    chain = ForgedChain()
    follower = following(chain)
    reading = replace(
        chain.reading(),
        aslot=chain.aslot + 5,
        after_maintenance=True,
        shuffled=moved(chain.shuffled),
        active=moved(chain.active),
        interval=5,
    )
    follower.learn(replace(reading, head_id="ff" * 20))
    assert follower.head is not None
    assert (follower.head.aslot, follower.rhythm.interval) == (chain.aslot, 3)
    follower.learn(reading)
    head = follower.head
    assert (head.aslot, head.maintenance, head.shuffled, head.active) == (
        chain.aslot + 5,
        True,
        reading.shuffled,
        reading.active,
    )
    assert (head.schedule_certain, head.active_certain) == (True, True)
    assert follower.rhythm.interval == 5


def test_a_node_makes_an_order_certain_that_no_block_did() -> None:
    chain = ForgedChain()
    follower = following(chain)
    *others, head = follower.entries()
    follower.restore([*others, replace(head, schedule_certain=False, active_certain=False)])
    follower.learn(chain.reading())
    assert follower.head == head


def test_blocks_that_do_not_end_at_the_head_are_refused_and_all_stays_as_it_was() -> None:
    chain = ForgedChain()
    follower = following(chain)
    before = follower.entries()
    for blocks in ([], chain.blocks[6:-1]):
        with pytest.raises(InvalidBlockError) as refusal:
            follower.begin(blocks, chain.reading())
        assert str(refusal.value) == "block 21: link: the blocks don't end at the head"
        assert refusal.value.reason == "link"
        assert follower.entries() == before


@pytest.mark.parametrize(
    ("signer", "proven"), [(None, True), (DevKey("thief"), False)], ids=["its key", "another"]
)
def test_an_old_block_proves_a_key_only_by_its_own_signature(
    signer: DevKey | None, proven: bool
) -> None:
    chain = ForgedChain()
    chain.run_until(WITNESS)
    last = chain.copy().produce(signer=signer)
    chain.run(30, dead=[WITNESS])
    follower = Follower(PREFIX, WINDOW)
    for older, holds in ((last, proven), (replace(last, witness="1.6.2"), False)):
        follower.begin(chain.blocks[-20:], chain.reading(), {WITNESS: older})
        term = follower.term(WITNESS)
        assert term is not None
        assert term.proven is holds


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
    chain.run_until(WITNESS)
    chain.produce()
    apply_all(follower, chain.blocks[30:])
    assert follower.term(WITNESS) == replace(term, proven=True), "its own block proves it"


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
    head = chain.id
    chain.produce()
    late = chain.produce()
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(late)
    assert str(refusal.value) == f"block 23: link: does not follow {head}"
    assert not open_to_vouching(refusal.value)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.check(late)
    assert str(refusal.value) == "block 23: link: follows no block that is held"
    assert refusal.value.reason == "link"


def test_a_block_signed_by_another_key_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    thief, key = DevKey("thief"), chain.keys[chain.owner()].text(PREFIX)
    block = chain.produce(signer=thief)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(block)
    said = f"signed by {thief.text(PREFIX)}, {key} is in force"
    assert str(refusal.value) == f"block 22: signature: {said}"
    assert open_to_vouching(refusal.value)


def test_a_block_of_a_witness_without_a_known_key_is_refused_and_its_header_alone_is_not() -> None:
    chain = ForgedChain()
    follower = following(chain)
    *others, head = follower.entries()
    unknown = {w: term for w, term in head.terms.items() if w != chain.owner()}
    follower.restore([*others, replace(head, terms=unknown)])
    block = chain.produce()
    follower.check(block)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(block)
    assert str(refusal.value).endswith(", no key of the witness is known")


def test_a_signature_in_a_form_that_no_node_writes_gives_a_block_no_second_id() -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = chain.produce()
    odd = bytes([block.signature[0] - 4]) + block.signature[1:]
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(replace(block, signature=odd))
    assert refusal.value.reason == "signature"
    assert follower.apply(replace(block, signature=odd), vouched=True).id == block.id


def test_a_signature_that_is_none_is_refused_in_words() -> None:
    chain = ForgedChain()
    follower = following(chain)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(replace(chain.produce(), signature=b""))
    assert str(refusal.value) == ("block 22: signature: a signature has 65 bytes, this one 0")
    assert refusal.value.reason == "signature"


def unknown(chain: ForgedChain) -> dict[str, Any]:
    """Return a transaction with an operation that can't be serialised here."""
    [known] = chain.copy().produce(updates={WITNESS: BETA}).transactions
    return {**known, "operations": [[77, {}]]}


def test_updates_beside_what_is_not_known_here_need_the_word_of_most_nodes() -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = chain.produce(updates={WITNESS: BETA, "1.6.2": ALPHA})
    unproven = replace(block, transactions=(*block.transactions, unknown(chain)))
    for refused in (follower.apply, follower.check_updates):
        with pytest.raises(InvalidBlockError) as refusal:
            refused(unproven)
        claimed = f"1.6.1 to {BETA.text(PREFIX)}, 1.6.2 to {ALPHA.text(PREFIX)}"
        assert str(refusal.value) == (
            f"block 22: update: unproven (operation 77 can't be serialised here): {claimed}"
        )
        assert open_to_vouching(refusal.value)
    follower.apply(unproven, vouched=True)
    term = follower.term(WITNESS)
    assert term is not None
    assert (term.key, term.since_block, term.since_time) == (BETA.text(PREFIX), 22, block.time)


def test_what_is_not_known_here_proves_nothing_and_spoils_nothing_without_updates() -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = replace(chain.produce(), transactions=(unknown(chain),))
    follower.check_updates(block)
    assert follower.apply(block).updates == ()


def test_transactions_that_are_not_those_of_the_header_are_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = replace(chain.produce(updates={WITNESS: BETA}), merkle_root="00" * 20)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(block, vouched=True)
    assert str(refusal.value) == "block 22: transactions: are not those of the header"
    assert refusal.value.reason == "transactions"
    assert not open_to_vouching(refusal.value)


def test_a_block_out_of_turn_is_refused() -> None:
    chain = ForgedChain()
    follower = following(chain)
    owner = chain.owner()
    chain.shuffled = moved(chain.shuffled)
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "schedule"
    said = f"the slot is {owner}'s, the block {chain.blocks[-1].witness}'s"
    assert str(refusal.value) == f"block 22: schedule: {said}"


def moved(order: tuple[str, ...]) -> tuple[str, ...]:
    """Return an order in which every slot is another witness'."""
    return (*order[1:], order[0])


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
