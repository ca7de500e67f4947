"""What a measurement was to reach, told beside what it did.

Each measurement has its bars in one place, `BARS` of its module; the table, the results and the
documentation take them from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.news import say


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure's bar: `least` or `most`, whichever is given; the figure itself may be a boolean.

    `figure` is its name, with dots where it is one of several under a name: `by_kind.kill`.
    """

    figure: str
    least: float | None = None
    most: float | None = None

    def met(self, figures: Mapping[str, Any]) -> bool:
        """Tell whether the figure is there and within the bar."""
        return self.allows(find(figures, self.figure))

    def allows(self, value: Any) -> bool:
        """Tell whether a value of the figure is within the bar; None isn't."""
        if value is None:
            return False
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    @property
    def wanted(self) -> str:
        """Return the bar in words."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"

    def text(self, figures: Mapping[str, Any]) -> str:
        """Return the bar as a line for people."""
        value, told = find(figures, self.figure), "met" if self.met(figures) else "missed"
        return f"bar {self.figure}: {value}, wanted {self.wanted}: {told}"


def find(figures: Mapping[str, Any], name: str) -> Any:
    """Return a figure by its name, in which dots lead inwards; None: there is none."""
    found: Any = figures
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def judge(name: str, figures: dict[str, Any], bars: Sequence[Bar]) -> dict[str, Any]:
    """Tell people of every bar, and return the figures with the bars that they missed."""
    for bar in bars:
        say(f"{name}: {bar.text(figures)}")
    return {**figures, "bars_missed": [bar.figure for bar in bars if not bar.met(figures)]}
