"""What an operator is told of the nodes of a peer chain, and of the way to the replica."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from chains.peer.blocks import Proof, Rule
from chains.settings import PeerChainSettings, PeerSettings
from peernode.settings import ReplicaSettings
from tests.chains.peer.made import EASY, forged, whole
from tests.chains.peer.nodes import Own, Plain, hang, serving
from tests.understudy.commands import CommandLine
from tests.understudy.doctor.made import failures, told, warnings
from understudy.doctor import ask_peers
from understudy.doctor.ask_peers import look_at_peers, look_at_way
from understudy.doctor.finding import Finding, Level
from understudy.doctor.peers import Way, judge_peers, judge_way
from understudy.stack import free_ports

LINKED = Proof(Rule.LINKED, zeros=1)


async def judged(*nodes: Plain, rule: Proof = EASY) -> list[Finding]:
    async with serving(*nodes) as peers:
        settings = PeerChainSettings(nodes=tuple(peers), proof=rule)
        return list(judge_peers(await look_at_peers(settings), settings))


async def test_peers_of_either_kind_are_well() -> None:
    chain = forged(7)
    findings = await judged(Own(chain, "ours"), Plain(chain, "theirs"))
    assert told(findings, Level.OK) == [
        "peer ours: answers, its first 7 blocks are valid",
        "peer theirs: answers, its first 7 blocks are valid",
    ]
    assert len(findings) == 2


async def test_a_long_chain_is_read_at_its_beginning_only() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        reply = web.StreamResponse()
        await reply.prepare(request)
        body = whole(forged(300))
        for piece in (body[start : start + 2000] for start in range(0, len(body), 2000)):
            await reply.write(piece)
            sent += 1
        await asyncio.Event().wait()
        return reply

    node = Plain(name="endless")
    node.instead["/chain"] = endless
    (text,) = told(await judged(node), Level.OK)
    assert sent > 1
    assert int(text.split()[5]) >= 100


async def test_a_rule_that_is_none_of_theirs_is_a_failure() -> None:
    chain = forged(60, rule=LINKED)
    findings = await judged(Plain(chain, "p1"), Own(chain, "p2"))
    assert [text.partition(":")[0] for text in warnings(findings)] == ["peer p1", "peer p2"]
    (text,) = failures(findings)
    assert text.startswith("peers.proof: none of the peers has a chain by the rule pair, so that")


async def test_one_bad_peer_among_good_ones_is_a_warning() -> None:
    good, bad = forged(5), forged(5)
    bad[3] = {**bad[3], "previous_hash": "0" * 64}
    findings = await judged(Plain(good, "good"), Plain(bad, "bad"))
    assert failures(findings) == []
    (text,) = warnings(findings)
    assert text.startswith("peer bad: shows no valid chain: block 4")
    assert "see whether peers.proof is its rule" in text


async def test_what_answers_with_anything_else_is_told() -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>It works!</html>")

    async def away(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere")

    node, moved = Plain(name="page"), Plain(name="moved")
    node.instead["/chain"], moved.instead["/chain"] = page, away
    first, second = warnings(await judged(node, moved))
    assert first.startswith("peer page: shows no valid chain: ")
    assert second.startswith("peer moved: answered with status 302; start it, or correct its url")


async def test_peers_that_are_down_or_hang_are_told_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ask_peers, "_SECONDS", 0.2)
    hanging, (port,) = Plain(name="hangs"), free_ports(1)
    hanging.instead["/chain"] = hang
    async with serving(hanging) as (peer,):
        down = PeerSettings("down", f"http://127.0.0.1:{port}")
        settings = PeerChainSettings(nodes=(peer, down), proof=EASY)
        async with asyncio.timeout(5):
            findings = list(judge_peers(await look_at_peers(settings), settings))
    first, second = warnings(findings)
    assert first.startswith("peer hangs: its chain's beginning took more than 0.2 s; start it")
    assert second.startswith("peer down: ")
    assert failures(findings) == [
        "peers: none of them answers, so that nothing is resolved; start one, or correct their urls"
    ]


def test_check_asks_the_peers_that_are_configured(run: CommandLine, config: Path) -> None:
    document = yaml.safe_load(config.read_text())
    document["bitshares"]["nodes"][0]["url"] = "ws://127.0.0.1:9"
    document["peers"] = {
        "listen": "127.0.0.1:9",
        "advertise": "http://127.0.0.1:9",
        "nodes": [{"name": "p1", "url": "http://127.0.0.1:7"}],
    }
    config.write_text(yaml.safe_dump(document))
    found = json.loads(run("check", "--json", "--config", str(config)).out)["findings"]
    levels = {each["what"]: each["level"] for each in found}
    assert (levels["peer p1"], levels["peers"]) == ("warning", "failure")


def way(host: str, *peers: str, listening: str = "127.0.0.1", trouble: str = "") -> list[Finding]:
    hosts = {f"p{index}": peer for index, peer in enumerate(peers, start=1)}
    return list(judge_way(Way(f"http://{host}:5000", host, listening, hosts, trouble)))


def test_an_address_of_this_machine_is_no_use_to_peers_elsewhere() -> None:
    (text,) = warnings(way("localhost", "127.0.0.1", "10.0.0.5", "p.example.org"))
    assert "is an address of this machine only, and p2, p3 would call it at home" in text


def test_a_replica_that_listens_here_alone_is_no_use_to_peers_elsewhere() -> None:
    (text,) = warnings(way("10.0.0.9", "10.0.0.5"))
    assert "peers.listen is open to this machine only; right only if a proxy leads there" in text
    open_to_all = way("10.0.0.9", "10.0.0.5", listening="0.0.0.0")
    assert {each.level for each in open_to_all} == {Level.OK}


def test_all_on_one_machine_is_fine() -> None:
    (finding,) = way("127.0.0.1", "127.0.0.1")
    assert finding == Finding("replica http://127.0.0.1:5000", text="answers")


def test_a_replica_that_does_not_answer_is_told() -> None:
    (text,) = warnings(way("127.0.0.1", "::1", trouble="refused"))
    assert "shows no chain here (refused); right only while the switcher isn't running" in text


async def test_the_replica_is_asked_where_peers_would() -> None:
    (port,) = free_ports(1)
    chain = PeerChainSettings((PeerSettings("p1", "http://10.0.0.5:5000"),), proof=EASY)
    async with serving(Own(forged(3))) as (peer,):
        replica = ReplicaSettings(peer.url, "sqlite:///x", host="0.0.0.0", chain=chain)
        found = await look_at_way(replica)
    assert found == Way(peer.url, "127.0.0.1", "0.0.0.0", {"p1": "10.0.0.5"})
    gone = replace(replica, advertise=f"http://127.0.0.1:{port}")
    assert (await look_at_way(gone)).trouble
