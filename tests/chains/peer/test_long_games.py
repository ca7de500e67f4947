"""Peers that do nothing wrong at first, or just enough not to be left, hold up nobody for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count

import pytest
from aiohttp import web

from chains.peer import inquiry, search
from chains.peer.blocks import encode
from chains.peer.client import PeerClient
from chains.peer.connection import open_network
from chains.settings import PeerChainSettings
from chains.standing import Verdict

from .made import EASY, Block, Kept, block, forged, tip_of
from .nodes import Own, Plain, paced, serving
from .searching import searched

OURS = forged(20)
RIGHT = forged(25, OURS)
LARGE = forged(25, OURS, by="x" * 300_000)


def dripping(text: bytes = b" ", size: int | None = None) -> Callable[..., Awaitable[web.Response]]:
    """Return an answer of one byte after the other, of which `size` are said to come."""

    async def answer(request: web.Request) -> web.Response:
        answer = web.StreamResponse()
        answer.content_length = size
        await answer.prepare(request)
        for position in count():
            await answer.write(text[position % len(text) :][:1])
            await asyncio.sleep(0.05)
        raise AssertionError

    return answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_STILL", 0.2)


async def test_one_who_claims_the_longest_chain_and_drips_is_not_waited_for() -> None:
    dripper = Own(forged(40, OURS, by="beta"), "drips")
    dripper.claimed = 2**40, "ab" * 32
    dripper.instead["/chain/blocks"] = dripping(encode(dripper.chain[20]))
    held, began = Kept(OURS), time.monotonic()
    outcome = await searched(held, dripper, Own(RIGHT, "next"))
    assert time.monotonic() - began < 7
    assert outcome.best is not None
    assert held.adopted() == RIGHT


@pytest.mark.parametrize(("kind", "path"), [(Own, "/chain/blocks"), (Plain, "/chain")])
async def test_a_search_ends_by_its_deadline_where_there_is_nobody_but_one_who_drips(
    kind: type[Plain], path: str
) -> None:
    dripper, held = kind(RIGHT, "drips"), Kept(OURS)
    dripper.instead[path] = dripping()
    async with asyncio.timeout(5):
        outcome = await searched(held, dripper, deadline=0.6)
    assert outcome.best is None
    assert outcome.standings[0].verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize(("kind", "path"), [(Own, "/chain/blocks"), (Plain, "/chain")])
async def test_one_who_drips_is_not_waited_for_where_others_have_what_is_held(
    kind: type[Plain], path: str
) -> None:
    dripper = kind(RIGHT, "drips")
    dripper.instead[path] = dripping()
    async with asyncio.timeout(5):
        outcome = await searched(
            Kept(OURS), dripper, Own(OURS, "same"), probe_timeout=0.3, deadline=30.0
        )
    assert [each.verdict for each in outcome.standings] == [
        Verdict.UNREACHABLE,
        Verdict.CANONICAL,
    ]


async def test_one_who_sends_just_fast_enough_to_end_in_time_gets_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_LONG", 0.5)
    slow = Own(forged(60, OURS, by="x" * 100_000), "slow")

    slow.instead["/chain/blocks"] = paced(slow.chain[20:], 0.17)
    taken: list[str] = []
    held = Kept(OURS)
    next_one = Own(RIGHT, "next")

    async def told(request: web.Request) -> web.StreamResponse:
        taken.append(request.path)
        return await next_one.usual(request)

    next_one.instead["/chain/blocks"] = told
    await searched(held, slow, next_one)
    assert taken


async def test_drippers_do_not_take_every_turn_to_send_a_whole_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inquiry, "_WHOLE_AT_ONCE", 3)
    drippers = [Plain([], f"drips{number}") for number in range(4)]
    for node in drippers:
        node.instead["/chain"] = dripping()
    held = Kept(OURS)
    outcome = await searched(held, *drippers, Plain(RIGHT, "next"), probe_timeout=0.5)
    assert outcome.best is not None
    assert held.adopted() == RIGHT
    assert {each.verdict for each in outcome.standings[:-1]} == {Verdict.UNREACHABLE}


async def test_many_who_fail_one_after_the_other_do_not_take_all_of_the_time() -> None:
    late = [Own(RIGHT, f"late{number}") for number in range(30)]

    async def refuse(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.18)
        raise web.HTTPInternalServerError

    for number, node in enumerate(late):
        node.claimed = 1000 + number, "ab" * 32
        node.instead["/chain/hashes"] = node.instead["/chain/blocks"] = refuse
    held = Kept(OURS)
    outcome = await searched(held, *late, Own(RIGHT, "next"), deadline=5.0)
    assert outcome.best is not None
    assert held.adopted() == RIGHT


async def test_one_who_gives_the_longest_chain_once_and_drips_then_is_passed_by() -> None:
    fickle = Plain(forged(26, LARGE[:23], by="y" * 300_000), "fickle")

    async def first_only(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and "GET /chain" in fickle.asked[:-1]:
            return await dripping(size=10_000_000)(request)
        await asyncio.sleep(0.3)  # the other one's is put together by now
        return await fickle.usual(request)

    fickle.instead["/chain"] = first_only
    held, began = Kept(OURS), time.monotonic()
    outcome = await searched(held, fickle, Plain(LARGE, "next"), deadline=6.0)
    assert time.monotonic() - began < 6.5
    assert outcome.best is not None
    assert outcome.best.peer == "next"
    assert held.adopted() == LARGE


async def test_a_liar_who_speaks_no_more_once_he_is_caught_is_a_liar() -> None:
    wrong = forged(30, RIGHT)
    wrong[27]["proof"] += 1
    liar = Own(wrong, "liar")

    async def once(request: web.Request) -> web.StreamResponse:
        if len(liar.asked) > 1 and request.transport:
            request.transport.abort()
        return await liar.usual(request)

    liar.instead["/chain/head"] = once
    outcome = await searched(Kept(OURS), liar, Own(RIGHT, "next"))
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 28: " in outcome.standings[0].detail


async def test_a_chain_beyond_all_measure_is_left_however_many_answers_it_comes_in() -> None:
    large = Own(OURS, "large")
    large.claimed = 2**40, "ab" * 32
    sent: list[Block] = [OURS[-1]]

    async def some(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(20):
            proof = next(p for p in count() if EASY.holds(sent[-1]["proof"], p, ""))
            sent.append(block(1, proof, tip_of(sent[-1:]), "x" * 50_000))
            await answer.write(encode(sent[-1]) + b"\n")
        return answer

    large.instead["/chain/blocks"] = some
    held = Kept(OURS)
    outcome = await searched(held, large, max_bytes=5_000_000, deadline=5.0)
    assert sum(len(each.body) for each in held.staged) < 5_100_000
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "bytes" in outcome.standings[0].detail


async def test_one_who_sent_much_can_be_asked_again_after_a_while() -> None:
    async with serving(Plain(LARGE)) as peers:
        settings = PeerChainSettings(tuple(peers), EASY, probe_timeout=0.3)
        async with open_network(settings) as network:
            client = PeerClient(network, peers[0], settings.max_bytes)
            for pause in (0.5, 0):
                async with client.whole() as (size, pieces):
                    assert sum([len(piece) async for piece in pieces]) == size.bytes
                await asyncio.sleep(pause)  # longer than anything is waited for
