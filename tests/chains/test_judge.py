"""What is said of a node that is not at the canonical head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.judge import STALLED_SLOTS, Judgement, Parting, Shown, judge
from chains.standing import Divergence, Verdict
from tests.support.chain import PREFIX, ForgedChain

LONG = 3600.0
CANONICAL = Judgement(Verdict.CANONICAL)


@pytest.fixture
def chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(20)
    return chain


def following(chain: ForgedChain) -> Follower:
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    return follower


@pytest.mark.parametrize(
    ("common", "said"),
    [(19, "on a fork for 1 block since block 19"), (17, "on a fork for 3 blocks since block 17")],
)
def test_fork_is_told_with_its_length_and_where_it_began(
    chain: ForgedChain, common: int, said: str
) -> None:
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    found = judge(Shown(alone, common), following(chain), head_lag=2)
    assert found == Judgement(Verdict.FORKED, said, Divergence(common, 20 - common))


def test_nothing_can_be_said_while_no_chain_is_followed(chain: ForgedChain) -> None:
    found = judge(Shown(chain.reading()), Follower(PREFIX, 600), head_lag=2)
    assert found == Judgement(Verdict.UNSYNCED, "no chain is followed yet")


def test_node_that_is_ahead_is_compared_before_it_is_judged(chain: ForgedChain) -> None:
    follower, own = following(chain), chain.copy()
    own.run(3)
    found = judge(Shown(own.reading()), follower, head_lag=2)
    assert found == Judgement(Verdict.UNSYNCED, "ahead of block 20, and not compared yet")


def test_node_may_lead_by_as_many_blocks_as_it_may_lag(chain: ForgedChain) -> None:
    follower, own = following(chain), chain.copy()
    own.run(6)
    assert judge(Shown(own.reading(), 20), follower, head_lag=6) == CANONICAL
    assert judge(Shown(own.reading(), 20), follower, head_lag=5).verdict is Verdict.FORKED


def test_node_with_another_oldest_block_is_on_a_fork_and_not_behind(chain: ForgedChain) -> None:
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks[6:], chain.reading())
    for height, verdict in ((7, Verdict.FORKED), (6, Verdict.BEHIND)):
        alone = replace(chain.reading(), head_number=height, head_id=f"{height:08x}" + "ff" * 16)
        assert judge(Shown(alone), follower, head_lag=2).verdict is verdict


def test_fork_whose_beginning_nobody_saw_is_told_as_such(chain: ForgedChain) -> None:
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    said = "on a fork that it was on when it was first seen"
    assert judge(Shown(alone), following(chain), head_lag=2) == Judgement(Verdict.FORKED, said)


def test_where_a_node_was_found_to_have_left_counts_more_than_where_it_was_seen(
    chain: ForgedChain,
) -> None:
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    shown = Shown(alone, 19, parting=Parting(12, "", "ff"))
    found = judge(shown, following(chain), head_lag=2)
    assert found.detail == "on a fork for 8 blocks since block 12"
    assert found.divergence == Divergence(12, 8)


def test_fork_deeper_than_what_is_held_is_told_as_such(chain: ForgedChain) -> None:
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    shown = Shown(alone, parting=Parting(6, exact=False))
    found = judge(shown, following(chain), head_lag=2)
    assert found.detail == "on a fork since before block 7, the oldest that is held: 14 blocks"
    assert found.divergence == Divergence(6, 14, exact=False)


def test_node_whose_own_blocks_break_a_rule_is_invalid_and_not_merely_forked(
    chain: ForgedChain,
) -> None:
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    shown = Shown(alone, parting=Parting(18, "", "ff", invalid="block 19: signature: signed by …"))
    found = judge(shown, following(chain), head_lag=2)
    assert found.verdict is Verdict.INVALID
    assert found.detail == "block 19: signature: signed by …"
    assert found.divergence == Divergence(18, 2)


def test_node_far_ahead_on_a_chain_of_its_own_is_on_a_fork(chain: ForgedChain) -> None:
    follower, own, quick = following(chain), chain.copy(), chain.copy()
    own.run(40)
    found = judge(Shown(own.reading(), 20), follower, head_lag=2)
    assert found.detail == "on a fork for 40 blocks since block 20"
    quick.run(2)
    assert judge(Shown(quick.reading(), 20), follower, head_lag=2) == CANONICAL


@pytest.mark.parametrize("late", [3, 4])
def test_node_that_has_blocks_before_all_others_is_on_no_fork(
    chain: ForgedChain, late: int
) -> None:
    """So it is with a host that is well while every node that votes is some blocks late."""
    follower, own = following(chain), chain.copy()
    own.run(late)
    assert judge(Shown(own.reading(), 20), follower, head_lag=2) == CANONICAL
    assert judge(Shown(own.reading(), 19), follower, head_lag=2) == CANONICAL
    found = judge(Shown(own.reading(), 18), follower, head_lag=2)
    assert found.verdict is Verdict.FORKED
    assert found.divergence == Divergence(18, late + 2)


def test_node_that_stands_still_while_others_go_on_is_stalled(chain: ForgedChain) -> None:
    follower, stuck = following(chain), chain.reading()
    for _ in range(STALLED_SLOTS):
        follower.apply(chain.produce())
        found = judge(Shown(stuck, 20, LONG), follower, head_lag=2)
        assert found.verdict in (Verdict.CANONICAL, Verdict.BEHIND)
    follower.apply(chain.produce())
    found = judge(Shown(stuck, 20, LONG), follower, head_lag=2)
    assert found.verdict is Verdict.STALLED
    assert found.detail == "stands still at block 20, 6 blocks behind block 26"


def test_node_that_is_far_behind_but_catches_up_is_not_stalled(chain: ForgedChain) -> None:
    follower, late = following(chain), chain.reading()
    for block in chain.run(20):
        follower.apply(block)
    found = judge(Shown(late, 20, still=1.0), follower, head_lag=2)
    assert found == Judgement(Verdict.BEHIND, "20 blocks behind block 40")


def test_halt_of_the_whole_chain_makes_no_node_stalled(chain: ForgedChain) -> None:
    follower, halted = following(chain), chain.reading()
    assert judge(Shown(halted, 20, LONG), follower, head_lag=2) == CANONICAL
    follower.apply(chain.produce(slot=100))
    follower.apply(chain.produce())
    assert judge(Shown(halted, 20, LONG), follower, head_lag=2).verdict is Verdict.BEHIND
