"""Where two chains part: found by asking for ids at some heights, not for blocks. Pure.

A block's id covers the one before it, so two chains that agree at a height agree below it, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

Alike = Callable[[Sequence[int]], Awaitable[Sequence[bool]]]
"""Tells for each of some heights (ascending) whether both chains have the same block there."""


async def last_common(low: int, high: int, alike: Alike, *, at_once: int) -> int:
    """Return the greatest height within `low`..`high` at which two chains are alike.

    `low` is taken to be common without asking; each question is about `at_once` heights (two or
    more) at most, `high` among them, so that n heights take some log(n) / log(at_once) questions.
    One who answers as no two chains can (unlike below, alike above) gets any height at which he
    said "alike", or `low`.
    """
    while low < high:
        heights = _spread(low, high, at_once)
        answers = await alike(heights)
        for height, same in zip(heights, answers, strict=True):
            if not same:
                high = height - 1
                break
            low = height
    return low


def _spread(low: int, high: int, count: int) -> list[int]:
    """Return up to `count` heights above `low`, evenly spread, the last one being `high`."""
    span = high - low
    count = min(count, span)
    return [low + span * step // count for step in range(1, count + 1)]
