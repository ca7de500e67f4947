"""Figures in words: the unit follows from the name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.bars import Bar

_UNITS = (
    (re.compile(r"^slope_by_"), " times"),
    (re.compile(r"per_second$"), "/s"),
    (re.compile(r"(^|_)seconds(_|$)"), " s"),
    (re.compile(r"(^|_)ms(_|$)"), " ms"),
    (re.compile(r"(^|_)mb(_|$)"), " MB"),
    (re.compile(r"(^|_)kb(_|$)"), " kB"),
    (re.compile(r"(^|_)bytes$"), " B"),
    (re.compile(r"(^|_)minutes(_|$)"), " min"),
    (re.compile(r"_(speedup|ratio|growth)$"), " times"),
)
"""Units by what a figure's name ends with or has in it; the first one that fits."""


_TOLD_ELSEWHERE = frozenset({"spread", "programs"})
"""What is told as a table: how far runs were apart, and what each program of a soak held."""


def lines(figures: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values for people; those of figures within others have dots."""
    for part, value in figures.items():
        name = f"{within}{part}"
        if name in _TOLD_ELSEWHERE:
            continue
        if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
            yield name, shown(name, value)
        elif not value:
            yield name, shown(name, None)
        elif isinstance(value, Mapping):
            yield from lines(value, f"{name}.")
        else:
            yield from ((name, shown(name, each)) for each in value)


def shown(name: str, value: Any) -> str:
    """Return a figure for people: "0.226", "14.2 ms", "9,063/s", "yes"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float) or name == "seed":
        return str(value)
    unit = unit_of(name)
    if unit == " s" and 0 < abs(value) < 0.1:
        return f"{_number(value * 1000)} ms"
    return f"{_number(value)}{unit}"


def unit_of(name: str) -> str:
    """Return the unit that a figure's name tells, with what stands before it; empty: none."""
    return next((unit for wanted, unit in _UNITS if wanted.search(name)), "")


def shown_bar(bar: Bar | None) -> str:
    """Return a bar for people, empty for none."""
    if bar is None:
        return ""
    if bar.least is not None:
        return f"at least {_limit(bar.figure, bar.least)}"
    return f"at most {_limit(bar.figure, bar.most)}"


def shown_spread(name: str, spread: Mapping[str, Any] | None) -> str:
    """Return between what and what the runs were, empty where there was one."""
    if spread is None:
        return ""
    least, most = shown(name, spread["min"]), shown(name, spread["max"])
    return f"{least} to {most}, {spread['runs']} runs"


def _limit(name: str, value: float | None) -> str:
    """Return a limit, which has no more digits than it was given."""
    unit = unit_of(name)
    if unit == " s" and value is not None and 0 < value < 0.1:
        return f"{value * 1000:g} ms"
    return f"{value:,.10g}{unit}"


def _number(value: float) -> str:
    """Return a number with three digits that tell something, or all of it before the point."""
    if isinstance(value, int) or value == 0:
        return f"{value:,.0f}"
    digits = next(
        (d for least, d in ((100, 0), (10, 1), (1, 2), (0.1, 3)) if abs(value) >= least), 4
    )
    return f"{value:,.{digits}f}"
