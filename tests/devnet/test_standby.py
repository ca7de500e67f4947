"""A devnet on which some witnesses are not voted in."""

from __future__ import annotations

import pytest

from devnet.objects import global_json
from devnet.settings import DevnetSettings

from .manual import ManualNet


async def test_a_witness_that_stands_by_gets_no_slot_and_holds_nothing_up() -> None:
    net = ManualNet(DevnetSettings(witnesses=5, standby=2))
    await net.play(12)
    state = net.nodes["eu"].state
    assert state.number == 12
    assert [each.last_confirmed > 0 for each in state.witnesses.values()] == [True] * 3 + [
        False
    ] * 2
    assert state.irreversible >= 9
    assert global_json(state)["active_witnesses"] == ["1.6.1", "1.6.2", "1.6.3"]
    assert net.genesis.document["initial_active_witnesses"] == 3
    assert len(net.genesis.document["initial_witness_candidates"]) == 5


@pytest.mark.parametrize("standby", [-1, 3])
def test_somebody_has_to_be_voted_in(standby: int) -> None:
    with pytest.raises(ValueError, match=r"standby is .*, but must be within 0..witnesses - 1"):
        DevnetSettings(witnesses=3, standby=standby)
