"""A bar that was missed is told as missed, one without a figure too."""

from __future__ import annotations

import pytest

from bench.bars import Bar, judge


def test_figures_are_judged_and_what_was_missed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    bars = (
        Bar("fast", least=10),
        Bar("large", most=5),
        Bar("right", least=1),
        Bar("lost", least=1),
    )
    figures = judge("peers", {"fast": 9.9, "large": 5, "right": True}, bars)
    assert figures["bars_missed"] == ["fast", "lost"]
    assert capsys.readouterr().err.splitlines() == [
        "peers: bar fast: 9.9, wanted at least 10: missed",
        "peers: bar large: 5, wanted at most 5: met",
        "peers: bar right: True, wanted at least 1: met",
        "peers: bar lost: None, wanted at least 1: missed",
    ]
