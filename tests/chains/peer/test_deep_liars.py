"""Peers whose branches go too deep to be taken, and who lie about them or give them slowly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from aiohttp import web

from chains.peer import proving
from chains.peer.blocks import encode
from chains.peer.findings import Outcome
from chains.peer.memo import Memory
from chains.peer.search import find_longest
from chains.standing import Verdict

from .made import Block, Kept, forged, tip_of
from .nodes import Own, paced, serving
from .searching import searched, searching

OURS = forged(40)
FORK = forged(60, OURS[:30], by="beta")


class Denier(Own):
    """Says that it has ours up to a height, and none up to 45 (None: it doesn't lie)."""

    upto: int | None = None

    def hash_at(self, height: int) -> str | None:
        if self.upto is None or height > 45:
            return super().hash_at(height)
        return tip_of(OURS[:height]) if height <= self.upto else None


async def searched_twice(
    node: Denier, chain: Sequence[Block], upto: int, held: Kept | None = None
) -> Outcome:
    """Search, then again when the peer has another chain and says it is ours up to a height."""
    memory, first = Memory(), Kept(OURS)
    async with serving(node) as peers, searching(peers) as (network, settings):
        for kept in (first, held or first):
            outcome = await find_longest(
                network, peers, kept, kept, settings, memory=memory, max_depth=9
            )
            node.chain, node.upto = list(chain), upto
    return outcome


async def test_one_who_was_verified_and_then_denies_to_have_our_blocks_is_invalid() -> None:
    outcome = await searched_twice(Denier(FORK, "liar"), forged(65, FORK), 20)
    assert outcome.too_deep is None
    assert "block 21: hash" in outcome.standings[0].detail


async def test_one_who_was_verified_and_then_claims_to_have_more_of_ours_is_invalid() -> None:
    liar = Denier(forged(60, OURS[:20], by="beta"), "liar")
    outcome = await searched_twice(liar, forged(65, liar.chain), 25)
    assert outcome.too_deep is None
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 26: link" in outcome.standings[0].detail


async def test_one_who_denies_what_we_adopted_of_its_verified_branch_is_invalid() -> None:
    held = Kept(FORK[:45])
    node = Denier(FORK, "liar")
    outcome = await searched_twice(node, FORK, 30, held)
    assert outcome.too_deep is None
    assert "block 31: hash" in outcome.standings[0].detail


async def test_one_who_shares_a_claim_and_lies_about_the_fork_does_not_change_its_depth() -> None:
    liar, honest = Denier(FORK, "liar"), Own(FORK, "honest")
    liar.upto = 5
    liar.instead["/chain/blocks"] = _broken
    outcome = await searched(Kept(OURS), honest, liar, max_depth=9)
    assert outcome.too_deep is not None
    assert (outcome.too_deep.fork, outcome.too_deep.abandoned) == (30, 10)
    assert all(each.divergence and each.divergence.height == 30 for each in outcome.standings)


async def _broken(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPInternalServerError


async def test_one_who_claims_something_else_whenever_it_is_caught_is_invalid() -> None:
    liar = Own([*FORK[:49], {**FORK[49], "proof": -1}, *FORK[50:]], "liar")
    usual = liar.usual

    async def head(request: web.Request) -> web.StreamResponse:
        liar.claimed = 60 + len(liar.asked), "ab" * 32
        return await usual(request)

    liar.instead["/chain/head"] = head
    outcome = await searched(Kept(OURS), liar, max_depth=9)
    assert outcome.too_deep is None
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 50: form" in outcome.standings[0].detail


async def test_a_branch_without_end_is_too_much_however_many_searches_it_comes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = Own(forged(60, OURS[:30], by="x" * 20_000), "large")
    memory, held = Memory(), Kept(OURS)
    async with serving(large) as peers, searching(peers, max_bytes=800_000) as (network, settings):
        for length in (50, 60, 80):
            large.chain = forged(length, large.chain, by="x" * 20_000)
            large.claimed = length, tip_of(large.chain)
            outcome = await find_longest(
                network, peers, held, held, settings, memory=memory, max_depth=9
            )
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "bytes" in outcome.standings[0].detail


async def _dripping(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.02)


async def test_one_who_drips_what_another_claims_as_well_does_not_keep_it_unverified() -> None:
    dripper, honest = Own(FORK, "drips"), Own(FORK, "honest")
    dripper.instead["/chain/blocks"] = _dripping
    outcome = await searched(Kept(OURS), dripper, honest, max_depth=9, deadline=4.0)
    assert outcome.too_deep is not None
    assert outcome.too_deep.verified


async def test_many_who_drip_longer_claims_do_not_keep_a_shorter_one_unverified() -> None:
    drippers = [Own(FORK, f"drips{number}") for number in range(10)]
    for number, node in enumerate(drippers):
        node.claimed = 1000 + number, "ab" * 32
        node.instead["/chain/blocks"] = _dripping
    outcome = await searched(Kept(OURS), *drippers, Own(FORK, "honest"), max_depth=9, deadline=6.0)
    assert outcome.too_deep is not None
    assert (outcome.too_deep.peer, outcome.too_deep.verified) == ("honest", True)


async def test_peers_of_one_claim_go_on_where_the_one_before_them_was_left() -> None:
    slow, quick = Own(FORK, "slow"), Own(FORK, "quick")

    async def half(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"".join(encode(each) + b"\n" for each in FORK[30:45]))
        await asyncio.Event().wait()
        raise AssertionError

    slow.instead["/chain/blocks"] = half
    outcome = await searched(Kept(OURS), slow, quick, max_depth=9, deadline=4.0)
    assert outcome.too_deep is not None
    assert outcome.too_deep.verified
    asked = [each for each in quick.asked if "/chain/blocks" in each]
    assert asked == ["GET /chain/blocks?from=46&to=60"]


async def test_a_branch_that_may_not_be_taken_delays_one_that_may_by_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "_MOST", 0.5)
    dripper, right = Own(FORK, "drips"), forged(45, OURS)
    dripper.instead["/chain/blocks"] = _dripping
    held, began = Kept(OURS), time.monotonic()
    await searched(held, dripper, Own(right, "next"), max_depth=9, deadline=60.0)
    assert time.monotonic() - began < 5
    assert held.adopted() == right


async def test_one_who_claims_what_goes_too_deep_and_gives_nothing_of_it_has_no_such_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "_FIRST", 0.2)
    dripper = Own(FORK, "drips")
    dripper.instead["/chain/blocks"] = _dripping
    outcome = await searched(Kept(OURS), dripper, max_depth=9, deadline=1.5)
    assert outcome.too_deep is None
    assert outcome.standings[0].verdict is Verdict.UNREACHABLE


async def test_one_who_gives_what_goes_too_deep_slowly_is_believed_to_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Own(FORK, "slow")

    slow.instead["/chain/blocks"] = paced(slow.chain[30:], 0.1)
    monkeypatch.setattr(proving, "_FIRST", 0.2)
    outcome = await searched(Kept(OURS), slow, max_depth=9, deadline=1.5)
    assert outcome.too_deep is not None
    assert not outcome.too_deep.verified
