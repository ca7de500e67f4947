"""Chains that are alike at their beginnings share it, and part where they part."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from chains.peer.blocks import PeerBlock
from chains.peer.trail import NOTHING, Trail


def blocks(first: int, count: int, kind: str = "a") -> list[PeerBlock]:
    return [
        PeerBlock(height, f"{height:062x}{ord(kind):02x}", 0, b"")
        for height in range(first, first + count)
    ]


def grown(trail: Trail, pieces: Sequence[int], kind: str = "a") -> Trail:
    for count in pieces:
        trail = trail.extended(blocks(trail.length + 1, count, kind))
    return trail


@pytest.mark.parametrize("pieces", [[1] * 50, [1100] * 4, [700] * 5, [2000, 1, 1, 1500], [5000]])
def test_every_hash_is_found_at_its_height(pieces: list[int]) -> None:
    trail = grown(NOTHING, pieces)
    assert trail.length == sum(pieces)
    for height in {1, 2, pieces[0], pieces[0] + 1, trail.length}:
        if height <= trail.length:
            assert trail.hash_at(height) == blocks(height, 1)[0].hash
    assert trail.tip == trail.hash_at(trail.length)
    for height in (0, -1, trail.length + 1, 10**12):
        assert trail.hash_at(height) is None


def test_where_two_chains_part_is_found() -> None:
    draw = random.Random(1)
    for _ in range(50):
        common = grown(NOTHING, [draw.randint(0, 1500) for _ in range(3)])
        one = grown(common, [draw.randint(1, 900) for _ in range(2)], "b")
        other = grown(common, [draw.randint(0, 900)], "c")
        assert one.last_common(other) == other.last_common(one) == common.length
        assert one.last_common(one) == one.length
        assert one.last_common(NOTHING) == 0


def test_a_chain_is_cut_anywhere() -> None:
    trail = grown(NOTHING, [1000, 1000, 500])
    for height in (0, 1, 999, 1000, 1001, 2000, 2400, 2500, 9999):
        cut = trail.cut(height)
        assert cut.length == min(height, 2500)
        for kept in {1, 1000, cut.length}:
            assert cut.hash_at(kept) == (trail.hash_at(kept) if kept <= height else None)
        assert cut.tip == (trail.hash_at(cut.length) or "")
        assert grown(cut, [3]).length == cut.length + 3


def test_a_chain_that_grows_by_single_blocks_stays_few_pieces() -> None:
    trail, pieces = grown(NOTHING, [1] * 5000), 0
    piece: Trail | None = trail
    while piece is not None:
        pieces, piece = pieces + 1, piece.before
    assert pieces <= 6


def test_a_branch_knows_nothing_below_its_beginning() -> None:
    branch = Trail(None, 101, b"").extended(blocks(101, 5))
    assert (branch.length, branch.hash_at(100), branch.hash_at(101)) == (
        105,
        None,
        blocks(101, 1)[0].hash,
    )


def test_a_branch_cut_below_its_beginning_has_no_block_left() -> None:
    cut = Trail(None, 101, b"").extended(blocks(101, 5)).cut(50)
    assert (cut.length, cut.tip, cut.hash_at(101), cut.own_bytes) == (100, "", None, 0)


def test_pieces_are_put_together_up_to_1024_blocks_and_no_further() -> None:
    assert grown(NOTHING, [1000, 24]).own_bytes == 1024 * 32
    assert grown(NOTHING, [1000, 25]).own_bytes == 25 * 32
    assert grown(NOTHING, [5000]).before is None
