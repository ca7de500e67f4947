"""What nodes say of keys at hand counts where most of them say the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.survey import Canvass, Holding, Survey

NAMES = Names((WitnessIds("init0", "1.2.6", "1.6.1", "2.5.6"),))
SHOWN = Survey(
    head_time=1_000,
    names=NAMES,
    references={"BTSkey": ("1.2.6",)},
    controlled={},
    accounts={},
    holdings={"1.2.6": Holding(5, 0)},
    signing_keys={"init0": "BTSkey"},
    fee=2_000_000,
)


def canvass(*surveys: Survey, needed: int = 2) -> Canvass:
    return Canvass({f"n{i}": survey for i, survey in enumerate(surveys)}, {}, needed)


def test_what_most_show_is_agreed_and_told_as_the_newest_of_them_has_it() -> None:
    newer = replace(SHOWN, head_time=1_003, holdings={"1.2.6": Holding(4, 0)}, signing_keys={})
    assert canvass(SHOWN, newer).agreed is newer
    assert canvass(newer, SHOWN).agreed is newer


def test_one_that_shows_otherwise_is_outvoted_however_new_its_head_is() -> None:
    other = replace(SHOWN, head_time=2_000, fee=None)
    assert canvass(other, SHOWN, SHOWN).agreed is SHOWN


@pytest.mark.parametrize(
    "changes",
    [
        {"names": Names(())},
        {"references": {}},
        {"controlled": {"1.2.6": ("1.2.9",)}},
        {"accounts": {"1.2.6": object()}},
        {"fee": None},
    ],
)
def test_without_a_majority_nothing_is_agreed(changes: dict[str, Any]) -> None:
    assert canvass(SHOWN, replace(SHOWN, **changes)).agreed is None
    assert canvass(SHOWN, needed=2).agreed is None
