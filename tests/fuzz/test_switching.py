"""No sequence of alerts, restarts and states of the chain leads to a rotation that must not be.

The few sequences that are drawn here may miss a guard that is gone; those that are written down
don't, which is tried by taking each guard out.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from switcher import guards
from switcher.journal import store
from switcher.settings import Policy
from tests.fuzz import house
from tests.fuzz.switching import Switching
from tests.fuzz.world import DAY
from tests.support.drawn import drawn
from tests.switcher.scripted import ALPHA, BETA

Step = Callable[[Switching], object]
FREE = Policy(arm=True, cool_down=0, rotations_per_day=3)


def test_nothing_that_happens_leads_to_a_rotation_that_must_not_be() -> None:
    run_state_machine_as_test(Switching, settings=drawn(8, steps=30))


@dataclass(frozen=True)
class Course:
    """Steps in which some guards hold a rotation back, and what is said where they are gone."""

    guards: tuple[str, ...]
    said: str
    steps: Sequence[Step]
    policy: Policy = FREE


def blocks(count: int, *, include: bool = True) -> Step:
    return lambda machine: machine.blocks(count=count, include=include, watched=True)


def outage(machine: Switching) -> None:
    machine.outage()


def all_are_back(machine: Switching) -> None:
    for host in machine.world.alive:
        machine.change_host(host=host, signs=True, answers=True)


def order(machine: Switching) -> None:
    machine.order(to="gamma", drill=False)


def owner_sets_another_key(machine: Switching) -> None:
    machine.foreign_hand(key=BETA)


def a_day_passes(machine: Switching) -> None:
    machine.time_passes(seconds=DAY)


def first_host_is_accused(machine: Switching) -> None:
    machine.alerts(accused=[ALPHA], resolved=False, since=1, name="ProducerDown")


TWO_OUTAGES = (outage, blocks(10), all_are_back, outage, blocks(5))
SEQUENCES = {
    "daily budget": Course(
        ("_budget_spent",), "past the budget", TWO_OUTAGES, replace(FREE, rotations_per_day=1)
    ),
    "cool-down": Course(
        ("_cooling_down",), "while it cools down", TWO_OUTAGES, replace(FREE, cool_down=400)
    ),
    "the chain bears the alert out": Course(
        ("_not_corroborated",),
        "away from a host that is well",
        (blocks(5), first_host_is_accused, blocks(10)),
    ),
    # The order waits for the gap between two slots.
    "accused key in force": Course(
        ("_superseded",),
        "against an old key",
        (blocks(4), order, owner_sets_another_key, blocks(10)),
    ),
    "no rotation open": Course(
        ("_rotating", "_update_pending"),
        "two rotations are open",
        (
            outage,
            blocks(2, include=False),
            first_host_is_accused,
            blocks(3, include=False),
            order,
            blocks(10, include=False),
        ),
    ),
}


def play(sequence: Course) -> None:
    """Play a sequence, and hold what must be so after each step, as drawn ones are."""
    machine = Switching()
    try:
        machine.begin(policy=sequence.policy, houses=1)
        for step in sequence.steps:
            step(machine)
            machine.nothing_stale_was_sent()
            machine.one_rotation_is_open_at_most()
            machine.what_was_sent_was_allowed()
    finally:
        machine.teardown()


@pytest.fixture
def journals_that_take_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have journals begin any number of rotations: the guard has two more behind it there."""
    copy = tmp_path / "empty.db"
    shutil.copy(house._empty_journal(), copy)
    with closing(sqlite3.connect(copy)) as db:
        db.execute("drop index one_open_rotation")
    monkeypatch.setattr(house, "_empty_journal", lambda: copy)
    monkeypatch.setattr(store, "_open_rotation", lambda *_: None)


def take_out(names: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = set[str]()
    for cause, those in guards.GUARDS.items():
        found |= {guard.__name__ for guard in those}.intersection(names)
        kept = tuple(guard for guard in those if guard.__name__ not in names)
        monkeypatch.setitem(guards.GUARDS, cause, kept)
    assert found == set(names)


def test_update_that_nodes_forgot_is_no_rival_of_the_next_one() -> None:
    play(Course((), "", (outage, owner_sets_another_key, a_day_passes, outage)))


def few_produce(machine: Switching) -> None:
    machine.blocks_of_few(count=6, others=3)


def second_host_dies(machine: Switching) -> None:
    machine.change_host(host="beta", signs=False, answers=False)


def test_rotation_whose_first_block_is_let_go_before_it_is_irreversible_comes_to_its_end() -> None:
    play(Course((), "", (outage, few_produce, second_host_dies, a_day_passes, a_day_passes)))


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence_in_which_a_guard_is_needed_breaks_nothing(name: str) -> None:
    play(SEQUENCES[name])


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.usefixtures("journals_that_take_anything")
def test_guard_that_is_gone_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out(SEQUENCES[name].guards, monkeypatch)
    with pytest.raises(AssertionError, match=SEQUENCES[name].said):
        play(SEQUENCES[name])
