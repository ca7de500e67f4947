"""Whether a figure grows no faster than linearly, told from three sizes. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping


def slope_ratio(figures: Mapping[int, float], least: float) -> float:
    """Return how much steeper a figure rises between the two greater of three sizes than before.

    `figures` are by size. 1 is a straight line, whatever it begins with; what grows with the square
    of a size that is ten times greater each time gives 10. A rise below `least`, which is what one
    reading is exact to, is taken for `least`.
    """
    (small, low), (middle, half), (large, high) = sorted(figures.items())
    before = max(half - low, least) / (middle - small)
    return (high - half) / (large - middle) / before
