"""The figures of live failures, from failures made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from bench.bars import find
from bench.failover import Failover
from bench.failure import Failure, Ring
from bench.faults import Fault
from bench.figures import together
from bench.moments import Moments, Way
from bench.outcome import losses, plain_figures, polling_figures, shipped_figures, stage_figures
from chains.settings import WitnessSettings

WITNESS = WitnessSettings("init0", ())


def seen(way: Way, number: int, lost: int, fault: Fault = Fault.KILL, **after: float) -> Failover:
    """Return a failover with its moments so many seconds after the failure."""
    failed = 1_000.0 * number
    moments = Moments(failed, **{name: failed + seconds for name, seconds in after.items()})
    failure = Failure(number, Ring(way, WITNESS, "1.6.1"), fault, "alpha", "BTS1", failed, 1)
    return Failover(failure, moments, "beta" if after else None, lost, 6)


def by_misses(way: Way, number: int, broadcast: float, on_air: float) -> Failover:
    misses = {"first_miss": 5.0, "decisive_miss": 20.0}
    return seen(way, number, 3, Fault.KILL, **misses, broadcast=broadcast, on_air=on_air)


PLAIN = [
    by_misses(Way.PLAIN, 2, 22.0, 30.0),
    by_misses(Way.PLAIN, 1, 21.0, 25.0),
    by_misses(Way.POLLING, 1, 24.0, 25.0),
    by_misses(Way.POLLING, 2, 40.0, 55.0),
]
SHIPPED = [
    seen(Way.SHIPPED, 1, 0, decided=10.0, broadcast=30.0, in_block=32.0, on_air=40.0),
    seen(Way.SHIPPED, 2, 1, Fault.CUT, decided=20.0, broadcast=40.0, in_block=41.0, on_air=90.0),
    seen(Way.POLLING, 1, 3, on_air=200.0),
]


def test_plain_rule_is_told_with_how_many_times_as_long_polling_took_in_each_pair() -> None:
    figures = plain_figures(PLAIN)
    assert figures["median_seconds_miss_to_broadcast"] == 1.5
    assert figures["polling_miss_to_broadcast_ratio"] == 7.0
    assert figures["spread"]["polling_miss_to_broadcast_ratio"] == {
        "median": 7.0,
        "min": 4.0,
        "max": 10.0,
        "runs": 2,
    }
    assert figures["polling_miss_to_on_air_ratio"] == 1.5
    assert (figures["plain_lost_blocks"], figures["plain_polling_lost_blocks"]) == (6, 6)


def test_failover_that_did_not_happen_is_missing_in_the_count_and_breaks_nothing() -> None:
    figures = plain_figures([seen(Way.PLAIN, 1, 6), seen(Way.POLLING, 1, 3)])
    assert figures["plain_failovers"] == 0
    assert figures["median_seconds_miss_to_broadcast"] is None
    shipped = shipped_figures([seen(Way.SHIPPED, 1, 6)], seed=1)
    assert (shipped["failures"], shipped["replaced"], shipped["lost_blocks"]) == (1, 0, 6)
    assert shipped["expected_lost_blocks"] is None


def test_shipped_way_is_told_in_all_and_by_the_kind_of_failure() -> None:
    figures = shipped_figures(SHIPPED[:2], seed=1)
    assert figures["lost_blocks"] == 1 and figures["lost_blocks_per_failure"] == 0.5
    assert figures["median_seconds_kill_to_decision"] == 15
    assert figures["median_seconds_broadcast_to_in_force"] == 1.5
    assert figures["expected_lost_blocks"] == pytest.approx((12 / 81 + 21 / 81) / 2, abs=1e-3)
    assert figures["expected_lost_blocks_strict"] == pytest.approx(6 / 27, abs=1e-3)
    assert find(figures, "by_kind.cut.median_seconds_kill_to_decision") == 20
    assert find(figures, "by_kind.freeze.failures") == 0


def test_polling_is_told_beside_the_shipped_way_per_failure_and_in_pairs() -> None:
    figures = polling_figures(SHIPPED)
    assert (figures["polling_failures"], figures["polling_lost_blocks"]) == (1, 3)
    assert figures["polling_lost_blocks_ratio"] == 6.0
    assert figures["polling_failure_to_on_air_ratio"] == 5.0
    nothing_lost = polling_figures([SHIPPED[0], SHIPPED[2]])
    assert nothing_lost["polling_lost_blocks_ratio"] is None
    assert losses(SHIPPED) == {Way.SHIPPED: [0, 1], Way.POLLING: [3]}


def test_stages_are_figures_by_their_dotted_names_with_their_spread() -> None:
    figures: dict[str, Any] = together({"seed": 1}, stage_figures(PLAIN, SHIPPED))
    name = "stages.one_second.polling.decisive_miss_to_broadcast_seconds"
    assert find(figures, name) == figures["spread"][name]["median"] == 12.0
    assert find(figures, "stages.three_seconds.shipped.failed_to_on_air_seconds") == 65.0
    assert find(figures, "stages.three_seconds.quick_polling") is None
