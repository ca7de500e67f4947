"""The measurements of peer chains: peers are served as real ones are, and who wins is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.peers import chains
from bench.peers.cast import LOOPBACK, Line, cast
from bench.peers.hostile import besieged
from bench.peers.peer import Peer
from bench.peers.scenes import Scenery, ours, plainly
from bench.peers.stored import StoredChain
from chains.peer.blocks import verify
from peernode.store import Store
from tests.peernode.made import put
from tests.peernode.running import running

BLOCKS = 300
QUESTIONS = (
    "/chain/head",
    "/chain/head?at=7",
    f"/chain/head?at={BLOCKS}",
    f"/chain/head?at={BLOCKS + 1}",
    "/chain/head?at=0",
    "/chain/hashes?heights=1,7,300,301,100000",
    "/chain/blocks?from=1&to=3",
    "/chain/blocks?from=299&to=1000",
    "/chain/blocks?from=301&to=301",
    "/chain/blocks?from=0&to=3",
    "/chain",
)


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Scenery:
    scenery = Scenery(tmp_path_factory.mktemp("peers"))
    scenery.build(BLOCKS + 500, BLOCKS)
    return scenery


async def told(url: str, question: str) -> tuple[int, Any]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        reply = await client.get(question)
    if reply.status_code != 200:
        return reply.status_code, None
    kind = reply.headers["Content-Type"].split(";")[0]
    return 200, (kind, reply.json() if kind == "application/json" else reply.content)


async def test_peers_of_our_own_kind_answer_as_a_real_node(
    scenery: Scenery, tmp_path: Path
) -> None:
    blocks = verify(None, chains.read(scenery.chain), chains.PROOF)
    database = tmp_path / "node.db"
    async with Store(f"sqlite:///{database}", chains.PROOF) as store:
        await put(store, blocks)
    async with (
        running(database, rule=chains.PROOF) as node,
        cast([Peer("own", str(scenery.chain), BLOCKS)], LOOPBACK) as served,
    ):
        for question in QUESTIONS:
            assert await told(served.urls[0], question) == await told(node.url, question), question


async def test_blocks_are_packed_no_better_than_by_a_real_node(
    scenery: Scenery, tmp_path: Path
) -> None:
    blocks = verify(None, chains.read(scenery.chain), chains.PROOF)
    async with running(tmp_path / "node.db", rule=chains.PROOF) as node:
        await put(node.node.store, blocks)
        async with node.client.stream("GET", f"/chain/blocks?from=1&to={BLOCKS}") as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
            real = sum([len(piece) async for piece in reply.aiter_raw()])
    assert len(StoredChain(scenery.chain).packed(1, BLOCKS)) == pytest.approx(real, rel=0.01)


async def test_the_links_rate_and_round_trip_are_kept(scenery: Scenery) -> None:
    size = scenery.chain.stat().st_size
    peers = [Peer("plain", str(scenery.chain), BLOCKS)]
    async with cast(peers, Line(rate=size / 0.5, round_trip=0.1)) as served:
        took = await plainly(served, scenery.chain, 0)
    assert took.length == BLOCKS
    assert took.carried == pytest.approx(size, rel=0.1)
    assert took.seconds > 0.2 + took.carried / (size / 0.5) - 0.05


async def test_ours_and_the_plain_algorithm_end_with_the_same_chain(scenery: Scenery) -> None:
    file = str(scenery.chain)
    peers = [Peer("own", file, BLOCKS - 10), Peer("plain", file, BLOCKS)]
    async with cast(peers, LOOPBACK) as served:
        node = await ours(served, await scenery.database(BLOCKS - 20))
        plain = await plainly(served, scenery.chain, BLOCKS - 20)
    assert node.length == plain.length == BLOCKS
    assert node.tip == chains.tip(scenery.chain, BLOCKS)


async def test_the_right_chain_is_found_among_many_that_hang_lie_or_never_stop(
    scenery: Scenery,
) -> None:
    limits = {"deadline": 15.0, "probe_timeout": 1.0}
    figures = await besieged(scenery, BLOCKS, Line(), share=0.1, limits=limits)
    assert figures["hostile_right_chain"], json.dumps(figures)
    assert figures["hostile_in_time"], json.dumps(figures)
    assert figures["hostile_peak_mb"] < 200
    assert figures["hostile_verdicts"]["invalid"] >= 5
