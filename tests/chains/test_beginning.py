"""What the follower takes over where it begins, and what it does not believe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.keys import NULL_KEY, encode_key
from chains.errors import InvalidBlockError
from devnet.keys import DevKey
from tests.chains.forged import (
    ALPHA,
    BETA,
    WINDOW,
    WITNESS,
    apply_all,
    following,
    misses,
    moved,
    rotate,
    unknown,
)
from tests.support.chain import PREFIX, ForgedChain


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
    apply_all(follower, rotate(chain, BETA))
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
