"""Every peer's chain is followed, verified, and compared with the longest valid one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from chains.peer import followed
from chains.peer.views import PeerView
from chains.peer.watch import OnPeerVerdict, PeerWatch
from chains.settings import PeerChainSettings
from chains.standing import Divergence, Verdict

from .made import EASY, forged, tip_of
from .nodes import Own, Plain, hang, serving

CHAIN = forged(30)
LONGER = forged(33, CHAIN)
FORK = forged(32, CHAIN[:20], by="beta")
WRONG = [*LONGER[:25], {**LONGER[25], "proof": LONGER[25]["proof"] + 1}, *LONGER[26:]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "_OWN_INTERVAL", 0.02)
    monkeypatch.setattr(followed, "_SHORTEST", 0.02)
    monkeypatch.setattr(followed, "_LONGEST", 0.02)


@asynccontextmanager
async def watching(
    *nodes: Plain, on_verdict: OnPeerVerdict | None = None
) -> AsyncIterator[PeerWatch]:
    async with serving(*nodes) as peers:
        settings = PeerChainSettings(tuple(peers), EASY, probe_timeout=1.0)
        watch = PeerWatch(settings, on_verdict=on_verdict)
        running = asyncio.create_task(watch.run())
        try:
            yield watch
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until(
    watch: PeerWatch, fits: Callable[[dict[str, PeerView]], bool]
) -> dict[str, PeerView]:
    async with asyncio.timeout(10):
        while not fits(views := {view.name: view for view in watch.views}):
            await watch.changed(watch.sequence)
    return views


def verdicts(**expected: Verdict) -> Callable[[dict[str, PeerView]], bool]:
    return lambda views: {name: view.verdict for name, view in views.items()} == expected


async def test_each_peer_stands_towards_the_longest_valid_chain() -> None:
    nodes = Own(LONGER, "ahead"), Plain(CHAIN, "behind"), Plain(FORK, "forked"), Own(FORK, "other")
    async with watching(*nodes) as watch:
        views = await until(
            watch,
            verdicts(
                ahead=Verdict.CANONICAL,
                behind=Verdict.BEHIND,
                forked=Verdict.FORKED,
                other=Verdict.FORKED,
            ),
        )
    assert views["ahead"].tip == tip_of(LONGER)
    assert (views["behind"].length, views["behind"].divergence) == (30, None)
    assert views["behind"].detail == "3 blocks behind block 33"
    assert views["forked"].divergence == views["other"].divergence == Divergence(20, 12)


async def test_of_chains_of_equal_length_the_one_that_most_have_is_canonical() -> None:
    other = forged(32, CHAIN, by="gamma")
    async with watching(Own(other, "a"), Own(FORK, "b"), Plain(FORK, "c")) as watch:
        await until(watch, verdicts(a=Verdict.FORKED, b=Verdict.CANONICAL, c=Verdict.CANONICAL))


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_an_invalid_chain_is_told_with_its_height_and_does_not_count(
    kind: type[Plain],
) -> None:
    async with watching(kind(WRONG, "liar"), Own(CHAIN, "good")) as watch:
        views = await until(watch, verdicts(liar=Verdict.INVALID, good=Verdict.CANONICAL))
        assert views["liar"].up
        assert views["liar"].valid is False
        assert "block 26: proof" in views["liar"].detail


async def test_one_of_several_on_a_chain_is_fetched_from() -> None:
    nodes = [Own(LONGER, f"p{number}") for number in range(5)]
    async with watching(*nodes) as watch:
        await until(watch, lambda views: all(view.valid for view in views.values()))
    fetched = [each for node in nodes for each in node.asked if "/chain/blocks" in each]
    assert fetched == ["GET /chain/blocks?from=1&to=33"]


async def test_a_new_block_costs_the_new_block() -> None:
    node = Own(CHAIN, "p1")
    async with watching(node) as watch:
        await until(watch, verdicts(p1=Verdict.CANONICAL))
        node.asked.clear()
        node.chain = LONGER
        await until(watch, lambda views: views["p1"].length == 33)
    fetched = [each for each in node.asked if "/chain/blocks" in each]
    assert fetched == ["GET /chain/blocks?from=30&to=30", "GET /chain/blocks?from=31&to=33"]


async def test_an_unchanged_whole_chain_is_not_read_again() -> None:
    node = Plain(CHAIN, "p1")
    async with watching(node) as watch:
        await until(watch, verdicts(p1=Verdict.CANONICAL))
        async with asyncio.timeout(5):
            while node.asked.count("HEAD /chain") < 3:
                await asyncio.sleep(0.01)
        assert node.asked.count("GET /chain") == 1
        node.chain = LONGER
        await until(watch, lambda views: views["p1"].length == 33)
        assert node.asked.count("GET /chain") == 2


async def test_a_peer_that_is_lost_no_longer_makes_others_behind_and_comes_back() -> None:
    ahead = Own(LONGER, "ahead")
    async with watching(ahead, Own(CHAIN, "behind")) as watch:
        await until(watch, verdicts(ahead=Verdict.CANONICAL, behind=Verdict.BEHIND))
        ahead.instead["/chain/head"] = ahead.instead["/chain"] = hang
        views = await until(watch, verdicts(ahead=Verdict.UNREACHABLE, behind=Verdict.CANONICAL))
        assert not views["ahead"].up
        ahead.instead.clear()
        ahead.asked.clear()
        await until(watch, verdicts(ahead=Verdict.CANONICAL, behind=Verdict.BEHIND))
        assert not any("/chain/blocks" in each for each in ahead.asked)


async def test_one_that_falls_behind_is_looked_at_soon_again_however_long_it_was_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(followed, "_LONGER", 30.0)
    monkeypatch.setattr(followed, "_LONGEST", 1000.0)
    first, second = Own(CHAIN, "first"), Plain(CHAIN, "second")
    async with watching(first, second) as watch, asyncio.timeout(10):
        await until(watch, verdicts(first=Verdict.CANONICAL, second=Verdict.CANONICAL))
        while second.asked.count("HEAD /chain") < 2:  # the next look would be in 18 s
            await asyncio.sleep(0.02)
        first.chain = LONGER
        await until(watch, verdicts(first=Verdict.CANONICAL, second=Verdict.BEHIND))
        second.chain = LONGER
        await until(watch, verdicts(first=Verdict.CANONICAL, second=Verdict.CANONICAL))


async def looked(node: Plain, path: str, times: int) -> None:
    """Wait until a peer was asked for something so many times more."""
    before = len(node.asked)
    async with asyncio.timeout(5):
        while sum(path in each for each in node.asked[before:]) < times:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("kind", "looks", "reads"),
    [(Own, "GET /chain/head", "GET /chain/blocks"), (Plain, "HEAD /chain", "GET /chain")],
)
async def test_an_invalid_chain_is_not_read_again_before_it_changes(
    kind: type[Plain], looks: str, reads: str
) -> None:
    liar = kind(WRONG, "liar")
    async with watching(liar) as watch:
        await until(watch, verdicts(liar=Verdict.INVALID))
        liar.asked.clear()
        await looked(liar, looks, 3)
        assert not any(each.startswith(reads + "?") or each == reads for each in liar.asked)
        liar.chain = forged(35, LONGER)
        await until(watch, verdicts(liar=Verdict.CANONICAL))


async def test_a_peer_that_changes_while_it_is_read_is_not_taken_for_a_liar() -> None:
    moving = Own(FORK, "moving")
    told: list[Verdict] = []

    async def blocks(request: web.Request) -> web.StreamResponse:
        moving.chain = LONGER
        return await moving.usual(request)

    moving.instead["/chain/blocks"] = blocks
    async with watching(moving, on_verdict=lambda view: told.append(view.verdict)) as watch:
        await until(watch, lambda views: views["moving"].length == 33)
    assert told == [Verdict.CANONICAL]


async def test_who_claims_much_and_hangs_keeps_nobody_from_being_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(followed, "_PATIENCE", 0.05)
    hanging = Own(CHAIN, "hanging")
    hanging.claimed = 10**9, "ab" * 32
    hanging.instead["/chain/blocks"] = hang
    async with watching(hanging, Own(LONGER, "good")) as watch:
        await until(watch, verdicts(hanging=Verdict.UNREACHABLE, good=Verdict.CANONICAL))


async def test_a_chain_of_one_peer_that_others_get_is_fetched_once() -> None:
    ahead, others = Own(LONGER, "ahead"), [Own(CHAIN, "p1"), Plain(CHAIN, "p2")]
    async with watching(ahead, *others) as watch:
        await until(watch, verdicts(ahead=Verdict.CANONICAL, p1=Verdict.BEHIND, p2=Verdict.BEHIND))
        for node in others:
            node.chain, node.asked = LONGER, []
        await until(watch, lambda views: {view.length for view in views.values()} == {33})
    assert not any("/chain/blocks" in each for each in others[0].asked)


async def test_a_peer_that_claims_another_chain_whenever_it_is_asked_is_invalid() -> None:
    fickle, steady = Own(CHAIN, "fickle"), Own(CHAIN, "steady")
    async with watching(fickle, steady) as watch:
        await until(watch, verdicts(fickle=Verdict.CANONICAL, steady=Verdict.CANONICAL))

        async def lie(_request: web.Request) -> web.StreamResponse:
            fickle.claimed = 100 + len(fickle.asked), "ab" * 32
            return fickle.head(0)

        fickle.instead["/chain/head"] = lie
        views = await until(watch, verdicts(fickle=Verdict.INVALID, steady=Verdict.CANONICAL))
    assert "block 31: length" in views["fickle"].detail
