"""Where two chains part is found by few questions, however long they are."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.ancestor import last_common


class Chains:
    """Two chains that are alike up to a height; counts what is asked of them."""

    def __init__(self, common: int) -> None:
        self.common = common
        self.questions = 0
        self.asked: list[list[int]] = []

    async def alike(self, heights: Sequence[int]) -> list[bool]:
        self.questions += 1
        self.asked.append(list(heights))
        return [height <= self.common for height in heights]


@given(st.integers(0, 200_000), st.integers(0, 200_000), st.sampled_from([2, 12, 256]))
async def test_every_question_narrows_it_down_by_as_many_heights_as_it_has(
    high: int, common: int, at_once: int
) -> None:
    chains = Chains(min(common, high))
    assert await last_common(0, high, chains.alike, at_once=at_once) == chains.common
    assert chains.questions <= ceil(log(high + 1, at_once)) + 1
    for heights in chains.asked:
        assert heights == sorted(set(heights))
        assert len(heights) <= at_once
        assert 0 < heights[0] <= heights[-1] <= high


async def test_fork_in_a_long_chain_costs_two_questions_of_256_heights() -> None:
    for common in (0, 1, 40_000, 65_000):
        chains = Chains(common)
        assert await last_common(0, 65_535, chains.alike, at_once=256) == common
        assert chains.questions <= 2


async def test_who_answers_for_fewer_heights_than_asked_is_not_believed() -> None:
    async def short(heights: Sequence[int]) -> list[bool]:
        return [True for _ in heights[:-1]]

    with pytest.raises(ValueError, match="shorter"):
        await last_common(0, 100, short, at_once=12)
