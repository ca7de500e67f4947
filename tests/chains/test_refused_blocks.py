"""Blocks that the follower refuses, and what is as it was then."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from chains.bitshares.rules import open_to_vouching
from chains.errors import InvalidBlockError, MalformedDataError
from devnet.keys import DevKey
from tests.chains.forged import (
    ALPHA,
    BETA,
    WITNESS,
    following,
    moved,
    unknown,
)
from tests.support.chain import PREFIX, ForgedChain


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


@pytest.mark.parametrize("vouched", [False, True])
@pytest.mark.parametrize("spelt", ["1.06.1", "01.6.1", "1.6.01", "1.2.1", "2.6.1", "1.6.\uff11"])
def test_an_update_hides_behind_no_other_spelling_of_its_witness(spelt: str, vouched: bool) -> None:
    chain = ForgedChain()
    follower = following(chain)
    block = chain.produce(updates={WITNESS: BETA})
    transactions = copy.deepcopy(block.transactions)
    transactions[0]["operations"][0][1]["witness"] = spelt
    hidden = replace(block, transactions=transactions)
    with pytest.raises(MalformedDataError, match=r"is no id of 1\.6\.x"):
        follower.apply(hidden, vouched=vouched)
    with pytest.raises(MalformedDataError, match=r"is no id of 1\.6\.x"):
        follower.check_updates(hidden)
    follower.apply(block)
    term = follower.term(WITNESS)
    assert term is not None
    assert term.key == BETA.text(PREFIX)


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
