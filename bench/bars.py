"""What a measurement was to reach, told beside what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.news import say


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure's bar: `least` or `most`, whichever is given; the figure itself may be a boolean."""

    figure: str
    least: float | None = None
    most: float | None = None

    def met(self, figures: Mapping[str, Any]) -> bool:
        """Tell whether the figure is there and within the bar."""
        value = figures.get(self.figure)
        if value is None:
            return False
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    def text(self, figures: Mapping[str, Any]) -> str:
        """Return the bar as a line for people."""
        value, told = figures.get(self.figure), "met" if self.met(figures) else "missed"
        wanted = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        return f"bar {self.figure}: {value}, wanted {wanted}: {told}"


def judge(name: str, figures: dict[str, Any], bars: Sequence[Bar]) -> dict[str, Any]:
    """Tell people of every bar, and return the figures with the bars that they missed."""
    for bar in bars:
        say(f"{name}: {bar.text(figures)}")
    return {**figures, "bars_missed": [bar.figure for bar in bars if not bar.met(figures)]}
