"""Small arithmetic that several measurements share. Pure."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

_RESAMPLES = 10_000


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return round(statistics.fmean(values), 3) if values else None


def median(values: Sequence[float]) -> float | None:
    """Return the median, None of nothing."""
    return round(statistics.median(values), 3) if values else None


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float | int]:
    """Return how far readings of one figure were apart: {"median", "min", "max", "runs"}."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
        "runs": len(values),
    }


def over_runs(runs: Sequence[Mapping[str, float]], digits: int = 3) -> dict[str, Any]:
    """Return each figure's median over several runs that found the same figures.

    Under "spread" is how far they were apart, figure by figure (see `spread`). What is held against
    something else is a ratio within each run, so that it is the ratios that are spread.
    """
    spreads = {name: spread([run[name] for run in runs], digits) for name in runs[0]}
    return {**{name: each["median"] for name, each in spreads.items()}, "spread": spreads}


def together(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of several parts of a measurement as one, their spreads, too."""
    figures = {name: value for part in parts for name, value in part.items()}
    spreads = {name: each for part in parts for name, each in part.get("spread", {}).items()}
    return {**figures, "spread": spreads} if spreads else figures


def mean_interval(values: Sequence[float], seed: int) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean, None of nothing."""
    if not values:
        return None
    low, high = drawn_means(values, len(values), 95, seed)
    return round(low, 3), round(high, 3)


def drawn_means(
    values: Sequence[float], count: int, covered: float, seed: int
) -> tuple[float, float]:
    """Return between which figures `covered` percent of the means of `count` drawn values lie.

    By resampling (the percentile bootstrap), so that nothing is assumed of how the values spread.
    """
    draw = random.Random(seed)
    means = [statistics.fmean(draw.choices(values, k=count)) for _ in range(_RESAMPLES)]
    rest = (100 - covered) / 2
    return percentile(means, rest), percentile(means, 100 - rest)
