"""What is said of a node that is not at the canonical head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.views import judge
from chains.standing import Verdict
from tests.support.chain import PREFIX, ForgedChain


@pytest.mark.parametrize(
    ("common", "said"),
    [(19, "on a fork for 1 block since block 19"), (17, "on a fork for 3 blocks since block 17")],
)
def test_fork_is_told_with_its_length_and_where_it_began(common: int, said: str) -> None:
    chain = ForgedChain()
    chain.run(20)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    alone = replace(chain.reading(), head_id=f"{20:08x}" + "ff" * 16)
    verdict, told, _ = judge(alone, follower, head_lag=2, common=common)
    assert (verdict, told) == (Verdict.FORKED, said)


def test_node_far_ahead_on_a_chain_of_its_own_is_on_a_fork() -> None:
    chain = ForgedChain()
    chain.run(20)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    own = chain.copy()
    own.run(40)
    verdict, told, divergence = judge(own.reading(), follower, head_lag=2, common=20)
    assert (verdict, told) == (Verdict.FORKED, "on a fork for 40 blocks since block 20")
    assert divergence == 40
    quick = chain.copy()
    quick.run(2)
    assert judge(quick.reading(), follower, head_lag=2, common=20) == (Verdict.CANONICAL, "", 0)


@pytest.mark.parametrize("late", [3, 4])
def test_node_that_has_blocks_before_all_others_is_on_no_fork(late: int) -> None:
    """So it is with a host that is well while every node that votes is some blocks late."""
    chain = ForgedChain()
    chain.run(20)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    own = chain.copy()
    own.run(late)
    assert judge(own.reading(), follower, head_lag=2, common=20) == (Verdict.CANONICAL, "", 0)
    assert judge(own.reading(), follower, head_lag=2, common=19) == (Verdict.CANONICAL, "", 0)
    verdict, _, divergence = judge(own.reading(), follower, head_lag=2, common=18)
    assert (verdict, divergence) == (Verdict.FORKED, late + 2)
