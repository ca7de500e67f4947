"""Several runs give the median and say how far they were apart."""

from __future__ import annotations

import inspect

import pytest

from bench.bars import find
from bench.figures import over_runs, spread, together
from bench.run import ALL, named
from understudy.commands.bench import bench


def test_spread_tells_the_median_and_how_far_readings_were_apart() -> None:
    assert spread([3, 1, 2.0004]) == {"median": 2.0, "min": 1, "max": 3, "runs": 3}


def test_runs_become_one_figure_each_and_parts_keep_their_spreads() -> None:
    times = over_runs([{"seconds": 1.0}, {"seconds": 4.0}, {"seconds": 2.0}])
    ratio = over_runs([{"ratio": 1.26}, {"ratio": 1.28}], digits=1)
    assert together({"blocks": 9}, times, ratio) == {
        "blocks": 9,
        "seconds": 2.0,
        "ratio": 1.3,
        "spread": {
            "seconds": {"median": 2.0, "min": 1.0, "max": 4.0, "runs": 3},
            "ratio": {"median": 1.3, "min": 1.3, "max": 1.3, "runs": 2},
        },
    }
    assert together({"blocks": 9}, {"peers": 3}) == {"blocks": 9, "peers": 3}


def test_figure_is_found_below_its_kind() -> None:
    figures = {"lost": {"kill": 0.2}, "rate": 5}
    assert [find(figures, name) for name in ("lost.kill", "rate", "rate.kill", "none.kill")] == [
        0.2, 5, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_each_measurement_has_bars_and_names_no_figure_twice(name: str) -> None:
    measurement = named(name)
    told = [*(bar.figure for bar in measurement.bars), *measurement.told]
    assert measurement.bars
    assert len(set(told)) == len(told)
    assert measurement.options <= inspect.signature(bench).parameters.keys()
