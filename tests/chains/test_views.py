"""What is said of a node that is not at the canonical head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.views import Verdict, judge
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
