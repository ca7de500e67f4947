"""What nodes say of keys at hand counts where most of them say the same."""

from __future__ import annotations

import itertools
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


def holding(core: int, others: int = 0, head_time: int = 1_000) -> Survey:
    """Return what a node shows that says an account holds so much."""
    return replace(SHOWN, head_time=head_time, holdings={"1.2.6": Holding(core, others)})


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("core", [1, 10**15])
@pytest.mark.parametrize("key", ["BTSkey", "BTSthief"])
def test_one_that_claims_the_newest_head_does_not_say_what_a_key_can_spend(
    at: int, core: int, key: str
) -> None:
    surveys = [SHOWN, SHOWN]
    surveys.insert(at, replace(holding(core, 7, 4_000_000_000), signing_keys={"init0": key}))
    assert canvass(*surveys).agreed == SHOWN


@pytest.mark.parametrize("order", list(itertools.permutations((4, 5, 1_000_000))))
def test_amounts_and_time_are_those_in_the_middle(order: tuple[int, ...]) -> None:
    surveys = [holding(core, core + 1, core + 2) for core in order]
    assert canvass(*surveys).agreed == holding(5, 6, 7)


def test_each_amount_of_each_account_is_in_the_middle_by_itself() -> None:
    surveys = [
        replace(SHOWN, holdings={"1.2.6": Holding(*a), "1.2.7": Holding(*b)})
        for a, b in [((1, 9), (8, 2)), ((5, 0), (9, 3)), ((9, 4), (1, 1))]
    ]
    agreed = canvass(*surveys).agreed
    assert agreed is not None
    assert agreed.holdings == {"1.2.6": Holding(5, 4), "1.2.7": Holding(8, 2)}


def test_of_two_the_greater_amounts_are_taken_so_that_no_key_is_said_to_spend_too_little() -> None:
    lesser, greater = holding(4, 1, 1_003), holding(5, 2, 1_000)
    assert canvass(lesser, greater).agreed == holding(5, 2, 1_003)
    assert canvass(greater, lesser).agreed == holding(5, 2, 1_003)


def test_what_the_outvoted_show_counts_for_nothing() -> None:
    outvoted = [replace(holding(core, 9, 9_000), fee=None) for core in (7, 8)]
    surveys = [*outvoted, *(holding(each, each, 1_000 + each) for each in (1, 2, 3))]
    assert canvass(*surveys, needed=3).agreed == holding(2, 2, 1_002)


def test_one_that_shows_otherwise_is_outvoted_however_new_its_head_is() -> None:
    other = replace(SHOWN, head_time=2_000, fee=None)
    assert canvass(other, SHOWN, SHOWN).agreed == SHOWN


@pytest.mark.parametrize(
    "changes",
    [
        {"names": Names(())},
        {"references": {}},
        {"controlled": {"1.2.6": ("1.2.9",)}},
        {"accounts": {"1.2.6": object()}},
        {"fee": None},
        {"signing_keys": {"init0": "BTSother"}},
    ],
)
def test_without_a_majority_nothing_is_agreed(changes: dict[str, Any]) -> None:
    assert canvass(SHOWN, replace(SHOWN, **changes)).agreed is None
    assert canvass(SHOWN, needed=2).agreed is None
