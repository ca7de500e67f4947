"""The simulation of failures and blips: what must come of them whatever the policy's values are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.policy import SETUPS, SHIPPED, means_of_parts, measure
from bench.policy.chain import OURS, Line
from bench.policy.play import Result
from bench.policy.stage import Stage
from bench.policy.trouble import Kind, Trouble

SEED = 5
SOON, LONG_BEFORE = 10.0, 30.0


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(SEED)


def slots(trouble: Trouble, line: Line) -> Iterator[tuple[float, bool]]:
    """Yield how long after a failure our slots begin, and whether the slot before was filled."""
    index = line.base
    while True:
        block, before = line[index], line[index - 1]
        for slot in block.missed:
            if slot.witness == OURS.witness_id:
                yield slot.time - trouble.began, before.time == slot.time - 3
        index += 1


@pytest.fixture(scope="module")
def failures(stage: Stage) -> list[tuple[Trouble, Line, Result]]:
    drawn = stage.troubles(90, blips=False)
    return [(trouble, line, stage.play(trouble, line, SHIPPED)) for trouble, line in drawn]


@pytest.mark.parametrize("kind", Kind)
def test_host_that_fails_long_before_its_slot_loses_nothing(
    kind: Kind, failures: list[tuple[Trouble, Line, Result]]
) -> None:
    tried = 0
    for trouble, line, result in failures:
        first, reachable = next(slots(trouble, line))
        if trouble.kind is kind and first > LONG_BEFORE and reachable:
            assert result.lost == [], trouble
            tried += 1
    assert tried >= 5


def test_slot_that_comes_before_anybody_could_know_is_lost(
    failures: list[tuple[Trouble, Line, Result]],
) -> None:
    tried = 0
    for trouble, line, result in failures:
        first, _ = next(slots(trouble, line))
        if first < SOON:
            assert result.lost[0] - trouble.began == pytest.approx(first)
            tried += 1
    assert tried >= 5


def test_every_failure_ends_with_one_rotation(
    failures: list[tuple[Trouble, Line, Result]],
) -> None:
    for trouble, _, result in failures:
        (switch,) = result.switches
        assert trouble.began < switch.decided < switch.in_block < switch.next_slot


def test_host_that_is_back_within_seconds_is_not_replaced(stage: Stage) -> None:
    tried = 0
    for trouble, line in stage.troubles(60, blips=True):
        if trouble.ended - trouble.began < SOON:
            assert stage.play(trouble, line, SHIPPED).switches == [], trouble
            tried += 1
    assert tried >= 20


def test_backup_that_never_signs_is_replaced_by_the_next(stage: Stage) -> None:
    for trouble, line in stage.troubles(10, blips=False):
        result = stage.play(trouble, line, SETUPS["silent"])
        assert len(result.switches) == 2
        assert result.lost_after_first >= 1


async def test_figures_stand_in_the_order_that_the_policies_promise() -> None:
    figures = await measure(failures=40, seed=SEED)
    assert figures["failures"] == figures["blips"] == 40
    shipped = figures["lost_blocks_per_crash"]
    assert 0 < shipped < figures["slow_rules_lost_blocks_per_crash"] < 1
    assert 2 <= figures["quick_polling_lost_blocks_per_crash"] < 3
    assert figures["plain_lost_blocks_per_crash"] >= 3
    assert figures["polling_lost_blocks_per_crash"] >= 3
    assert figures["never_signs_lost_blocks_per_crash"] >= shipped + 1
    assert figures["needless_switches"] <= figures["switches_in_blips"] <= 4


def test_failures_are_told_in_parts_of_equal_size() -> None:
    assert means_of_parts([1, 3, 5, 7], parts=2) == [2, 6]
    assert means_of_parts([1, 3, 5, 7, 100], parts=2) == [2, 6]
    assert means_of_parts([1, 3], parts=10) == [1, 3]


async def test_same_seed_gives_the_same_figures() -> None:
    first, second = [await measure(failures=6, seed=SEED) for _ in range(2)]
    assert {**first, "seconds": 0} == {**second, "seconds": 0}
    assert first["lost_blocks_by_kind"].keys() == set(Kind)
