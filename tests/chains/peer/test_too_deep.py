"""A branch that may not replace ours is verified all the same, and nothing of it is kept."""

from __future__ import annotations

import asyncio

import pytest

from chains.peer.memo import Memory
from chains.peer.search import find_longest
from chains.standing import Divergence, Verdict

from .made import Block, Kept, forged, tip_of
from .nodes import Own, hang, serving
from .searching import searched, searching

OURS = forged(40)
FORK = forged(60, OURS[:30], by="beta")


def changed(height: int, proof: int) -> list[Block]:
    """Return the fork with another proof in the block of a height."""
    return [*FORK[: height - 1], {**FORK[height - 1], "proof": proof}, *FORK[height:]]


async def test_what_goes_too_deep_and_is_no_chain_is_invalid_with_height_and_reason() -> None:
    wrong = FORK[49]["proof"] + 1
    held = Kept(OURS)
    outcome = await searched(held, Own(changed(50, wrong), "liar"), max_depth=9)
    assert (outcome.best, outcome.too_deep) == (None, None)
    [liar] = outcome.standings
    assert liar.verdict is Verdict.INVALID
    assert "block 50: proof" in liar.detail


async def test_what_goes_too_deep_and_is_valid_is_told_as_such_and_kept_nowhere() -> None:
    held = Kept(OURS)
    outcome = await searched(held, Own(FORK, "deep"), max_depth=9)
    assert outcome.too_deep is not None
    assert (outcome.too_deep.verified, outcome.too_deep.abandoned) == (True, 10)
    [deep] = outcome.standings
    assert (deep.verdict, deep.divergence) == (Verdict.FORKED, Divergence(30, 30))
    assert "no time" not in deep.detail
    assert (held.fork, held.staged) == (None, [])


async def test_peer_that_claims_more_than_its_branch_has_is_invalid() -> None:
    liar = Own(FORK, "liar")
    liar.claimed = 10**9, "ab" * 32
    outcome = await searched(Kept(OURS), liar, max_depth=9)
    assert outcome.too_deep is None
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 61: length" in outcome.standings[0].detail


async def test_peer_that_claims_another_tip_than_its_branch_has_is_invalid() -> None:
    liar = Own(FORK, "liar")
    liar.claimed = 60, "ab" * 32
    outcome = await searched(Kept(OURS), liar, max_depth=9)
    assert outcome.too_deep is None
    assert "block 60: tip" in outcome.standings[0].detail


async def test_peer_that_denies_to_have_blocks_of_ours_is_invalid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    liar = Own(forged(60, OURS), "liar")
    has = liar.hash_at
    monkeypatch.setattr(liar, "hash_at", lambda height: has(height) if height <= 20 else None)
    outcome = await searched(Kept(OURS), liar, max_depth=9)
    assert outcome.too_deep is None
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 21: hash" in outcome.standings[0].detail


async def test_what_was_verified_is_not_asked_for_again() -> None:
    node, held, memory = Own(FORK[:50], "deep"), Kept(OURS), Memory()
    async with serving(node) as peers, searching(peers) as (network, settings):
        asked = []
        for chain in (FORK[:50], FORK[:50], FORK):
            node.chain = chain
            node.asked.clear()
            outcome = await find_longest(
                network, peers, held, held, settings, memory=memory, max_depth=9
            )
            assert outcome.too_deep is not None
            assert (outcome.too_deep.length, outcome.too_deep.verified) == (len(chain), True)
            asked.append([each for each in node.asked if "/chain/blocks" in each])
    assert asked == [
        ["GET /chain/blocks?from=31&to=50"],
        [],
        ["GET /chain/blocks?from=51&to=60"],
    ]


async def test_another_branch_than_the_verified_one_is_verified_from_where_it_leaves_ours() -> None:
    node, held, memory = Own(FORK, "deep"), Kept(OURS), Memory()
    other = forged(61, OURS[:25], by="gamma")
    async with serving(node) as peers, searching(peers) as (network, settings):
        for chain in (FORK, [*other[:-1], {**other[-1], "proof": -1}]):
            node.chain = chain
            outcome = await find_longest(
                network, peers, held, held, settings, memory=memory, max_depth=9
            )
    assert outcome.too_deep is None
    assert "block 61: form" in outcome.standings[0].detail


async def test_one_who_proves_a_claim_has_proven_it_for_all_and_a_liar_for_nobody() -> None:
    liar, honest, lazy = Own(changed(50, -1), "liar"), Own(FORK, "honest"), Own(FORK, "lazy")
    liar.claimed = 60, tip_of(FORK)
    outcome = await searched(Kept(OURS), liar, honest, lazy, max_depth=9)
    assert outcome.too_deep is not None
    assert outcome.too_deep.verified
    assert [each.verdict for each in outcome.standings] == [
        Verdict.INVALID,
        Verdict.FORKED,
        Verdict.FORKED,
    ]
    assert not any("/chain/blocks" in each for each in lazy.asked)


async def test_a_peer_that_got_another_chain_meanwhile_is_no_liar() -> None:
    node = Own(FORK, "moving")
    asked_for_blocks = node.blocks

    async def moved(request):  # type: ignore[no-untyped-def]
        node.chain = forged(61, OURS[:30], by="gamma")
        return await asked_for_blocks(request)

    node.blocks = moved  # type: ignore[method-assign]
    outcome = await searched(Kept(OURS), node, max_depth=9)
    assert outcome.standings[0].verdict is Verdict.FORKED
    assert outcome.too_deep is not None
    assert (outcome.too_deep.length, outcome.too_deep.verified) == (61, True)


async def test_what_there_was_no_time_to_verify_is_told_as_such_and_holds_up_no_other() -> None:
    silent, right = Own(FORK, "silent"), forged(45, OURS)
    silent.instead["/chain/blocks"] = hang
    held, began = Kept(OURS), asyncio.get_running_loop().time()
    outcome = await searched(held, silent, Own(right, "next"), max_depth=9, deadline=2.0)
    assert asyncio.get_running_loop().time() - began < 2
    assert held.adopted() == right
    assert outcome.too_deep is not None
    assert not outcome.too_deep.verified
    assert "no time to verify" in outcome.standings[0].detail
