"""What a block must be to follow another, as far as one rule alone decides it."""

from __future__ import annotations

import pytest

from chains.bitshares.follower import Follower
from chains.errors import InvalidBlockError
from tests.support.chain import PREFIX, ForgedChain


@pytest.mark.parametrize("seconds", [-3, 0, 1, 4, 5])
def test_a_block_at_any_other_time_than_a_slots_is_refused(seconds: int) -> None:
    """Slots are three seconds apart; the block is signed by whoever has the next one."""
    chain = ForgedChain()
    chain.run(21)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    chain.interval = 1
    chain.time += seconds - 1
    with pytest.raises(InvalidBlockError) as refusal:
        follower.apply(chain.produce())
    assert refusal.value.reason == "slot_time"
