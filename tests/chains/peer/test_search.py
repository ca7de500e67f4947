"""The longest valid chain is found among peers of both kinds, and comes whole and verified."""

from __future__ import annotations

import pytest

from chains.standing import Divergence, Verdict

from .made import Block, Kept, forged
from .nodes import Own, Plain
from .searching import searched

OURS = forged(40)
AHEAD = forged(45, OURS)
FORK = forged(47, OURS[:30], by="beta")


@pytest.mark.parametrize("kind", [Own, Plain])
@pytest.mark.parametrize("ours", [[], OURS[:1], OURS, FORK[:35]], ids=len)
async def test_a_longer_chain_comes_whole(kind: type[Plain], ours: list[Block]) -> None:
    held = Kept(ours)
    outcome = await searched(held, kind(AHEAD, "p1"), kind(OURS, "p2"))
    assert outcome.best is not None
    assert (outcome.best.peer, outcome.best.length) == ("p1", 45)
    assert held.adopted() == AHEAD
    verdicts = [(each.peer, each.verdict, each.length) for each in outcome.standings]
    assert verdicts == [("p1", Verdict.CANONICAL, 45), ("p2", Verdict.BEHIND, 40)]


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_a_chain_of_equal_length_does_not_replace_ours(kind: type[Plain]) -> None:
    held = Kept(OURS)
    outcome = await searched(held, kind(FORK[:40], "p1"), kind(OURS, "p2"))
    assert outcome.best is None
    one, two = outcome.standings
    assert (one.verdict, one.divergence) == (Verdict.FORKED, Divergence(30, 10))
    assert "as long as ours" in one.detail
    assert two.verdict is Verdict.CANONICAL


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_a_fork_is_told_with_what_would_be_abandoned(kind: type[Plain]) -> None:
    held = Kept(OURS)
    outcome = await searched(held, kind(FORK, "p1"))
    assert outcome.best is not None
    assert (outcome.best.fork, outcome.best.abandoned) == (30, 10)
    assert held.adopted() == FORK


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_a_branch_that_goes_too_deep_is_reported_and_the_next_one_taken(
    kind: type[Plain],
) -> None:
    held = Kept(OURS)
    nodes = kind(FORK, "deep"), kind(AHEAD, "next")
    outcome = await searched(held, *nodes, max_depth=9)
    assert outcome.best is not None
    assert outcome.best.peer == "next"
    assert held.adopted() == AHEAD
    assert outcome.too_deep is not None
    assert (outcome.too_deep.peer, outcome.too_deep.abandoned) == ("deep", 10)


async def test_one_block_behind_costs_two_questions() -> None:
    node = Own(OURS, "p1")
    held = Kept(OURS[:39])
    outcome = await searched(held, node)
    assert outcome.best is not None
    assert node.asked == ["GET /chain/head?at=39", "GET /chain/blocks?from=40&to=40"]
