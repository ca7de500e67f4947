"""Chains over HTTP: alerts and orders about nodes and peers, what is told, and the replica."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from peernode.settings import ReplicaSettings
from switcher.auth import Scope
from switcher.settings import Policy
from tests.peernode.made import chain
from tests.switcher.resolving.peering import (
    LONG,
    SHORT,
    Peer,
    forget,
    peers,
    replica_settings,
)
from tests.switcher.stage import WITNESS, Home, Stage, doubt, eventually, on_stage


@dataclass
class Set:
    stage: Stage
    replica: ReplicaSettings
    p1: Peer
    p2: Peer

    async def order(
        self, body: dict[str, Any], path: str = "", scope: Scope = Scope.OPERATE
    ) -> httpx.Response:
        headers = self.stage.home.bearer(scope)
        return await self.stage.client.post(f"/api/resolve{path}", json=body, headers=headers)

    async def synced(self, length: int) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            chains = (await self.stage.status())["chains"]
            return chains if chains["replica"]["length"] == length else None

        return await eventually(look)

    async def ended(self, number: int) -> list[str]:
        async def look() -> list[str] | None:
            entries = [e for e in await self.stage.journal() if e["incident"] == number]
            words = [entry["value"] for entry in entries]
            return words if entries and entries[-1]["kind"] == "ended" else None

        return await eventually(look)


@pytest.fixture
async def on_set(tmp_path: Path) -> AsyncIterator[Set]:
    with peers(SHORT, LONG) as [p1, p2]:
        replica = replica_settings(tmp_path, [p1.url, p2.url])
        async with Devnet(DevnetSettings(prehistory=60)) as net:
            home = Home(tmp_path, net.active_wif(WITNESS))
            settings = home.settings(Policy(arm=False))
            async with on_stage(net, home, settings=settings, replica=replica) as stage:
                yield Set(stage, replica, p1, p2)


async def test_alert_brings_a_peer_to_the_longest_chain_though_nothing_is_armed(
    on_set: Set,
) -> None:
    chains = await on_set.synced(6)
    assert [(p["name"], p["verdict"], p["length"]) for p in chains["peers"]] == [
        ("p1", "behind", 3),
        ("p2", "canonical", 6),
    ]
    reply = await on_set.stage.post(doubt(peer="p1"), doubt(node="moon"))
    assert [alert["result"] for alert in reply.json()["alerts"]] == ["opened"] * 2
    words = await on_set.ended(1)
    assert words == ["resolve_chain", "resolve", "asked", "converged", "resolved"]
    assert on_set.p1.chain == on_set.p2.chain
    [matter] = (await on_set.stage.status())["chains"]["matters"]
    assert (matter["name"], matter["decision"]) == ("moon", "unknown_node")
    line = 'understudy_decisions_total{action="resolve_chain",decision="resolve"}'
    assert await on_set.stage.metric(line) == 1


async def test_replica_shows_the_chain_and_makes_nothing(on_set: Set) -> None:
    await on_set.synced(6)
    async with httpx.AsyncClient(base_url=on_set.replica.advertise, trust_env=False) as client:
        assert (await client.get("/chain")).json()["length"] == 6
        assert (await client.get("/nodes/resolve")).status_code == 200
        assert (await client.get("/mine")).status_code == 404
        for path in ("/transactions/new", "/nodes/register"):
            assert (await client.post(path, json={"nodes": []})).status_code == 404
        assert (await client.get("/api/status")).status_code == 404


async def test_person_allows_what_goes_too_deep(on_set: Set) -> None:
    await on_set.synced(6)
    on_set.p2.hold(chain(9, on=LONG[:1], stamp=9.0))
    keeper = on_set.stage.switcher.staff.chains.keeper
    assert keeper
    forget(keeper)
    plan = (await on_set.order({"peer": "p1"}, "/plan")).json()
    assert (plan["decision"], plan["depth"]) == ("too_deep", 5)
    assert "--allow-depth 5" in plan["refusal"]
    refused = await on_set.order({"peer": "p1"})
    assert refused.status_code == 409
    assert "too_deep" in refused.json()["detail"]
    asked = {"peer": "p1", "allow_depth": 5, "why": "p2 is right"}
    assert (await on_set.order(asked, "/plan")).json()["refusal"] is None
    taken = await on_set.order(asked)
    assert taken.status_code == 202
    words = await on_set.ended(taken.json()["incident"])
    assert words == ["manual", "adopted", "resolve", "asked", "converged", "resolved"]
    [opened] = [e for e in await on_set.stage.journal() if e["value"] == "manual"]
    assert opened["details"]["who"] == "the-operate"
    assert opened["details"]["why"] == "p2 is right"


async def test_person_has_a_node_examined(on_set: Set) -> None:
    plan = (await on_set.order({"node": on_set.stage.switcher.chain.nodes[0].name}, "/plan")).json()
    assert plan["decision"] == "not_corroborated"
    assert "longest valid chain" in plan["refusal"]


FORM = "application/x-www-form-urlencoded"
"""What curl -d says by itself."""

SENSELESS: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 422),
    ({"peer": "p1", "node": "n"}, 422),
    ({"peer": "p9"}, 404),
    ({"node": "p1"}, 404),
    ({"peer": "p1", "allow_depth": -1}, 422),
    ({"node": "n", "allow_depth": 1}, 422),
    ({"peer": "p1", "why": ""}, 422),
    ({"peer": "p1", "deep": 1}, 422),
    ({"peer": "p1", "why": "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"}, 422),
)


async def test_senseless_order_is_refused(on_set: Set) -> None:
    for body, status in SENSELESS:
        for path in ("", "/plan"):
            reply = await on_set.order(body, path)
            assert reply.status_code == status, (body, reply.text)
            assert "5KQw" not in reply.text
    token = on_set.stage.home.tokens[Scope.ALERTS]
    for body in ({"peer": "p1", "why": f"with {token}"}, {"peer": token}):
        reply = await on_set.order(body)
        assert reply.status_code == 422
        assert reply.json()["detail"].startswith("The order holds a private key or a token")
        assert token not in reply.text
    assert await on_set.stage.words() == []


async def test_order_that_is_not_sent_as_json_is_told_how_to(on_set: Set) -> None:
    headers = {**on_set.stage.home.bearer(Scope.OPERATE), "Content-Type": FORM}
    for path in ("/api/resolve", "/api/rotate"):
        for body in ('{"peer": "p1"}', ""):
            reply = await on_set.stage.client.post(path, content=body, headers=headers)
            assert reply.status_code == 422
            [mistake] = reply.json()["detail"]
            assert mistake["msg"] == (
                "The body must be a JSON object, sent with Content-Type: application/json"
            )
    assert await on_set.stage.words() == []


async def test_orders_about_chains_are_taken_from_operators_only(on_set: Set) -> None:
    for path in ("", "/plan"):
        for scope in (Scope.READ, Scope.ALERTS):
            assert (await on_set.order({"peer": "p1"}, path, scope)).status_code == 403
        reply = await on_set.stage.client.post(f"/api/resolve{path}", json={"peer": "p1"})
        assert reply.status_code == 401
