"""Nodes that bring each other to the longest valid chain: our own kind, plain ones, and liars."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from chains.peer.blocks import Proof
from chains.standing import Verdict
from devnet.plain_peers import plain_peer
from peernode.resolution import Outcome
from tests.peernode.made import EASY, LINKED, after, bodies, chain, first, held, paid, put, reward
from tests.peernode.running import replica, running


async def test_node_adopts_the_longest_chain_of_those_registered(tmp_path: Path) -> None:
    common = chain(5)
    longer, longest = chain(8, on=common, stamp=3.0), chain(9, on=common, stamp=4.0)
    async with (
        running(tmp_path / "ours.db") as ours,
        running(tmp_path / "one.db") as one,
        running(tmp_path / "two.db") as two,
    ):
        await put(ours.node.store, chain(6, on=common, stamp=2.5))
        await put(one.node.store, longer)
        await put(two.node.store, longest)
        answer = (await ours.client.get("/nodes/resolve")).json()
        assert answer["message"] == "Our chain is authoritative"
        assert len(answer["chain"]) == 6
        await ours.client.post("/nodes/register", json={"nodes": [one.url, two.url]})
        answer = (await ours.client.get("/nodes/resolve")).json()
        assert answer["message"] == "Our chain was replaced"
        assert answer["new_chain"] == [json.loads(block.body) for block in longest]
        assert await held(ours.node.store) == bodies(longest)
        again = (await ours.client.get("/nodes/resolve")).json()
        assert again["message"] == "Our chain is authoritative"
        assert again["chain"] == answer["new_chain"]


async def test_chain_of_equal_length_replaces_nothing(tmp_path: Path) -> None:
    mine, theirs = chain(5, stamp=2.0), chain(5, stamp=3.0)
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url]) as ours,
    ):
        await put(one.node.store, theirs)
        await put(ours.node.store, mine)
        assert "chain" in (await ours.client.get("/nodes/resolve")).json()
        assert await held(ours.node.store) == bodies(mine)


@pytest.mark.parametrize("rule", [EASY, LINKED], ids=["pair", "linked"])
@pytest.mark.parametrize("previous", [1, "1"], ids=["number", "text"])
async def test_node_and_plain_node_bring_each_other_up(
    tmp_path: Path, rule: Proof, previous: int | str
) -> None:
    async with (
        plain_peer(rule.rule, zeros=1, first_previous=previous) as plain,
        running(tmp_path / "ours.db", [plain.url], rule) as ours,
        httpx.AsyncClient(base_url=plain.url, trust_env=False, verify=False) as theirs,
    ):
        await theirs.post("/transactions/new", json=paid("ß", 0.5))
        for _ in range(3):
            await theirs.get("/mine")
        answer = (await ours.client.get("/nodes/resolve")).json()
        assert answer["message"] == "Our chain was replaced"
        assert answer["new_chain"] == (await theirs.get("/chain")).json()["chain"]
        assert answer["new_chain"][0]["previous_hash"] == previous
        odd = json.dumps(paid("\ud800", {"b": 1, "a": [1e300]}))
        assert (await ours.client.post("/transactions/new", content=odd)).status_code == 201
        for _ in range(2):
            await ours.client.get("/mine")
        registered = await theirs.post("/nodes/register", json={"nodes": [ours.url]})
        assert registered.status_code == 201
        answer = json.loads((await theirs.get("/nodes/resolve")).content)
        assert answer["message"] == "Our chain was replaced"
        assert len(answer["new_chain"]) == 6
        assert answer["new_chain"] == json.loads((await ours.client.get("/chain")).content)["chain"]


async def test_transactions_of_the_abandoned_branch_are_mined_again(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url]) as ours,
    ):
        for _ in range(3):
            await one.client.get("/mine")
        await ours.client.post("/transactions/new", json=paid("a"))
        await ours.client.get("/mine")
        await ours.client.post("/transactions/new", json=paid("b"))
        assert "new_chain" in (await ours.client.get("/nodes/resolve")).json()
        forged = (await ours.client.get("/mine")).json()
        assert [each["sender"] for each in forged["transactions"]] == ["a", "b", "0"]


async def test_invalid_longest_chain_falls_back_to_the_next(tmp_path: Path) -> None:
    common = chain(4)
    honest = chain(6, on=common, stamp=3.0)
    forged = chain(9, on=chain(9, on=common, stamp=4.0)[:8], stamp=5.0)
    async with (
        running(tmp_path / "liar.db") as liar,
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [liar.url, one.url]) as ours,
    ):
        # The block at height 7 has another body than the one that the next block names.
        wrong = forged[6]._replace(body=forged[6].body.replace(b"miner", b"thief"))
        await put(liar.node.store, [*forged[:6], wrong, *forged[7:]])
        await put(one.node.store, honest)
        await put(ours.node.store, common)
        resolution = await ours.node.resolver.resolve()
        assert resolution.outcome is Outcome.REPLACED
        assert (resolution.length, resolution.fork_height, resolution.depth) == (6, 4, 0)
        assert await held(ours.node.store) == bodies(honest)
        standings = {each.peer: each for each in resolution.peers}
        bad = standings[liar.url.removeprefix("http://")]
        assert bad.verdict is Verdict.INVALID
        assert "7" in bad.detail or "8" in bad.detail


async def test_peer_that_is_down_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", ["http://127.0.0.1:1", one.url]) as ours,
    ):
        await put(one.node.store, chain(4))
        resolution = await ours.node.resolver.resolve()
        assert resolution.replaced
        verdicts = {each.peer: each.verdict for each in resolution.peers}
        assert verdicts["127.0.0.1:1"] is Verdict.UNREACHABLE


async def test_nobody_who_could_be_reached_is_not_told_as_nobody_with_more(tmp_path: Path) -> None:
    async with running(tmp_path / "ours.db", ["http://127.0.0.1:1"]) as ours:
        resolution = await ours.node.resolver.resolve()
        assert resolution.sentence == (
            "None of the nodes could be reached; nobody known has a longer valid chain than ours "
            "of 1 block."
        )


async def test_registered_address_that_is_private_is_not_called(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", allowed=()) as ours,
    ):
        await put(one.node.store, chain(4))
        refused = await ours.client.post("/nodes/register", json={"nodes": [one.url]})
        sentence = "127.0.0.1: is neither public nor in an allowed network.\n"
        assert (refused.status_code, refused.text) == (400, sentence)
        await ours.node.store.register([one.url])
        resolution = await ours.node.resolver.resolve()
        assert resolution.outcome is Outcome.AUTHORITATIVE


async def test_operator_s_own_peers_may_be_anywhere(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url], allowed=()) as ours,
    ):
        await put(one.node.store, chain(4))
        assert (await ours.node.resolver.resolve()).replaced
        told = await ours.client.post("/nodes/register", json={"nodes": []})
        assert told.json()["total_nodes"] == [one.url.removeprefix("http://")]


async def test_replica_makes_nothing_and_registers_nobody(tmp_path: Path) -> None:
    blocks = chain(4)
    async with (
        running(tmp_path / "one.db") as one,
        replica(tmp_path / "replica.db", [one.url]) as (served, client),
    ):
        assert (await client.get("/chain")).json() == {"chain": [], "length": 0}
        assert (await client.get("/chain/head?at=1")).json() == {
            "length": 0,
            "hash": "",
            "at": None,
        }
        await put(one.node.store, blocks)
        resolution = await served.resolve()
        assert (resolution.outcome, resolution.length, resolution.tip) == (
            Outcome.REPLACED,
            4,
            blocks[-1].hash,
        )
        assert (await client.get("/chain")).json()["length"] == 4
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/mine")).status_code == 404
        for path in ("/transactions/new", "/nodes/register"):
            assert (await client.post(path, json={})).status_code == 404


async def test_replica_gives_way_only_so_far_without_a_person(tmp_path: Path) -> None:
    common = chain(3)
    ours, theirs = chain(6, on=common, stamp=3.0), chain(8, on=common, stamp=4.0)
    async with (
        running(tmp_path / "one.db") as one,
        replica(tmp_path / "replica.db", [one.url], max_depth=2) as (served, client),
    ):
        await put(one.node.store, ours)
        assert (await served.resolve()).replaced
        await put(one.node.store, theirs, 3)
        resolution = await served.resolve()
        assert resolution.outcome is Outcome.TOO_DEEP
        assert (resolution.length, resolution.fork_height, resolution.depth) == (6, 3, 3)
        assert resolution.peers[0].detail.endswith(
            "would replace 3 blocks of ours: more than allowed"
        )
        answer = (await client.get("/nodes/resolve")).json()
        assert answer["message"] == "Our chain is authoritative"
        assert "3 of our blocks would go, and without a person 2 may" in answer["detail"]
        assert answer["chain"] == [json.loads(block.body) for block in ours]
        assert (await served.resolve(allow_depth=1)).outcome is Outcome.TOO_DEEP
        allowed = await served.resolve(allow_depth=3)
        assert (allowed.outcome, allowed.depth) == (Outcome.REPLACED, 3)
        assert await held(served.store) == bodies(theirs)


async def test_shorter_fork_is_not_said_to_replace_anything(tmp_path: Path) -> None:
    common = chain(3)
    async with (
        running(tmp_path / "one.db") as one,
        replica(tmp_path / "replica.db", [one.url], max_depth=2) as (served, _),
    ):
        await put(served.store, chain(8, on=common, stamp=3.0))
        await put(one.node.store, chain(5, on=common, stamp=4.0))
        resolution = await served.resolve()
        assert resolution.sentence == "Nobody has a longer valid chain than ours of 8 blocks."
        assert resolution.peers[0].detail == "on a fork for 2 blocks since block 3"


async def test_what_is_found_again_and_again_is_logged_once(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url, "http://127.0.0.1:1"]) as ours,
    ):
        with capture_logs() as logs:
            for _ in range(3):
                await ours.node.resolver.resolve()
            told = [log["event"] for log in logs if log["event"] in ("resolved", "peer")]
            assert told == ["resolved", "peer", "peer"]
            await put(one.node.store, chain(2))
            assert (await ours.node.resolver.resolve()).replaced
        told = [log["event"] for log in logs if log["event"] in ("resolved", "peer")]
        assert told[3:] == ["resolved", "peer"]


async def test_odd_chains_of_others_are_kept_as_they_are(tmp_path: Path) -> None:
    blocks = [first(stamp=float(2**60))]
    for transactions in ([], [None], [reward(), {"ß": "\ud800"}], [[[[]]], 1e300, 10**30]):
        blocks.append(after(blocks[-1], transactions))
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "two.db", [one.url]) as two,
    ):
        await put(one.node.store, blocks)
        assert (await two.node.resolver.resolve()).replaced
        assert await held(two.node.store) == bodies(blocks)
