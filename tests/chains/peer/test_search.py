"""The longest valid chain is found among peers of both kinds, and comes whole and verified."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiohttp import web

from chains.peer import plain
from chains.peer.blocks import PeerBlock, encode
from chains.standing import Divergence, Verdict

from .made import Block, Kept, forged, whole
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


async def test_a_fork_costs_one_question_more_and_the_blocks_from_there() -> None:
    node = Own(FORK, "p1")
    outcome = await searched(Kept(OURS), node)
    assert outcome.best is not None
    head, hashes, blocks = node.asked
    assert head == "GET /chain/head?at=40"
    assert hashes.startswith("GET /chain/hashes?heights=1,2,3,")
    assert blocks == "GET /chain/blocks?from=31&to=47"


@pytest.mark.parametrize(("kind", "question"), [(Own, "/chain/head"), (Plain, "/chain")])
async def test_all_peers_are_asked_at_once(kind: type[Plain], question: str) -> None:
    all_asked = asyncio.Barrier(8)
    nodes = [kind(AHEAD, f"p{number}") for number in range(8)]
    for node in nodes:

        async def last(request: web.Request, node: Plain = node) -> web.StreamResponse:
            del node.instead[question]
            await all_asked.wait()
            return await node.usual(request)

        node.instead[question] = last
    outcome = await searched(Kept(OURS), *nodes, probe_timeout=1.0)
    assert {each.verdict for each in outcome.standings} == {Verdict.CANONICAL}


class Telling(Kept):
    """A held chain that tells of the first blocks that are put together for it."""

    def __init__(self, chain: Sequence[Block] = ()) -> None:
        super().__init__(chain)
        self.came = asyncio.Event()

    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        await super().add(blocks)
        self.came.set()


@pytest.mark.parametrize(
    ("kind", "question", "body"),
    [
        (Own, "/chain/blocks", b"".join(encode(each) + b"\n" for each in AHEAD)),
        (Plain, "/chain", whole(AHEAD)),
    ],
)
async def test_blocks_are_verified_and_stored_while_others_are_still_to_come(
    kind: type[Plain], question: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "CHUNK", 1000)
    held, node = Telling(), kind(AHEAD, "p1")

    async def half(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await answer.prepare(request)
        await answer.write(body[: len(body) // 2])
        await held.came.wait()
        await answer.write(body[len(body) // 2 :])
        return answer

    node.instead[question] = half
    outcome = await searched(held, node, probe_timeout=1.0)
    assert outcome.best is not None
    assert held.adopted() == AHEAD
