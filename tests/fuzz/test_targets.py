"""Whatever comes from a peer or a node: nothing crashes, and nothing unproven is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, found
from tests.support.odd import spoiled

CHAIN = [json.loads(line) for line in TARGETS["block_lines"].seeds()[0][2:].splitlines()]
PREFIXED = st.binary(min_size=2, max_size=2)


def torn(seed: bytes) -> st.SearchStrategy[bytes]:
    """Return bytes like the given ones, with one piece replaced by another one or left out."""
    place = st.integers(0, len(seed))

    def tear(cut: tuple[int, int, bytes]) -> bytes:
        start, end, put = cut
        return seed[:start] + put + seed[max(start, end) :]

    return st.tuples(place, place, st.binary(max_size=6)).map(tear)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_right_is_taken_and_what_was_once_a_finding_is_none_any_more(name: str) -> None:
    right, *others = TARGETS[name].seeds()
    assert TARGETS[name].feed(right)
    for data in (*others, *found(name)):
        TARGETS[name].feed(data)


@pytest.mark.parametrize("name", TARGETS)
def test_torn_answers_are_refused_or_taken_for_what_they_are(name: str) -> None:
    @settings(max_examples=12, deadline=None, database=None)
    @given(st.sampled_from(TARGETS[name].seeds()).flatmap(torn))
    def feed(data: bytes) -> None:
        TARGETS[name].feed(data)

    feed()


@settings(max_examples=80, deadline=None)
@given(PREFIXED, spoiled({"chain": CHAIN, "length": len(CHAIN)}))
def test_a_spoiled_chain_is_refused_or_proven(prefix: bytes, body: Any) -> None:
    TARGETS["whole_chain"].feed(prefix + json.dumps(body).encode())


@settings(max_examples=80, deadline=None)
@given(PREFIXED, spoiled(CHAIN))
def test_a_spoiled_range_is_refused_or_proven(prefix: bytes, blocks: Any) -> None:
    lines = [json.dumps(block, sort_keys=True) for block in blocks]
    TARGETS["block_lines"].feed(prefix + "\n".join(lines).encode())
