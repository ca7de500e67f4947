"""What Prometheus itself raises about the machines that watch, told by a check."""

from __future__ import annotations

import pytest

from tests.understudy.doctor.made import shipped_rule, warnings
from understudy.doctor.arrival import judge_clocks
from understudy.doctor.prometheus import Rule


def clock_off(state: str) -> Rule:
    return shipped_rule("ProducerDown").model_copy(update={"name": "ClockOff", "state": state})


def test_clock_that_is_off_is_told() -> None:
    [told] = warnings(judge_clocks([shipped_rule("ProducerDown"), clock_off("firing")]))
    assert told.startswith("ClockOff: fires: the clock of")
    assert told.endswith("have it set by NTP")


@pytest.mark.parametrize("state", ["inactive", "pending", ""])
def test_clock_that_is_right_is_not_told(state: str) -> None:
    assert not list(judge_clocks([clock_off(state)]))
