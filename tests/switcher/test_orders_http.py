"""Orders over HTTP: who may give them, what is answered, and how the journal tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from switcher.auth import Scope
from switcher.evidence import key_in_force
from switcher.settings import Policy
from tests.support.devnet import until, update
from tests.switcher.stage import WITNESS, Home, Stage, eventually, on_stage

PATHS = ("/api/rotate/plan", "/api/rotate", "/api/drill/plan", "/api/drill")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Devnet(DevnetSettings(prehistory=60)) as net:
        home = Home(tmp_path, net.active_wif(WITNESS))
        settings = home.settings(Policy(arm=False))
        async with on_stage(net, home, settings=settings) as running:
            yield running


async def post(stage: Stage, path: str, body: Any, scope: Scope = Scope.OPERATE) -> httpx.Response:
    return await stage.client.post(path, json=body, headers=stage.home.bearer(scope))


async def told(stage: Stage, incident: int) -> list[dict[str, Any]]:
    """Return what the journal tells of an incident, oldest first."""
    reply = await stage.client.get(
        f"/api/journal?incident={incident}", headers=stage.home.bearer(Scope.READ)
    )
    entries: list[dict[str, Any]] = reply.json()["entries"]
    return entries[::-1]


async def over(stage: Stage, incident: int) -> list[dict[str, Any]]:
    """Wait until an order is over, and return what the journal tells of it."""

    async def look() -> list[dict[str, Any]] | None:
        entries = await told(stage, incident)
        return entries if entries and entries[-1]["kind"] == "ended" else None

    return await eventually(look, timeout=60)


async def test_orders_are_taken_from_operators_only(stage: Stage) -> None:
    for path in PATHS:
        for scope in (Scope.READ, Scope.ALERTS):
            reply = await post(stage, path, {"witness": WITNESS}, scope)
            assert reply.status_code == 403
        assert (await stage.client.post(path, json={"witness": WITNESS})).status_code == 401
    assert await stage.words() == []


async def test_senseless_orders_are_refused_with_a_sentence(stage: Stage) -> None:
    for path in PATHS:
        reply = await post(stage, path, {"witness": "nobody"})
        assert reply.status_code == 404
        assert reply.json()["detail"].endswith("only: init0.")
        for body in ({}, {"witness": WITNESS, "why": " "}, {"witness": WITNESS, "too": "beta"}):
            assert (await post(stage, path, body)).status_code == 422
    for producer, sentence in (("delta", "no such producer"), ("alpha", "is on air")):
        for path in PATHS[:2]:
            reply = await post(stage, path, {"witness": WITNESS, "to": producer})
            assert reply.status_code == 409
            assert sentence in reply.json()["detail"]
    assert await stage.words() == []


async def test_order_is_refused_once_another_host_is_on_air_than_its_plan_showed(
    stage: Stage,
) -> None:
    plan = (await post(stage, PATHS[0], {"witness": WITNESS})).json()
    beta = stage.net.signing_key("beta")
    for path in (PATHS[1], PATHS[3]):
        reply = await post(stage, path, {"witness": WITNESS, "instead_of": beta})
        assert reply.status_code == 409
        assert reply.json()["detail"].startswith("Since the plan was shown alpha has come on air")
    assert await stage.words() == []
    agreed = {"witness": WITNESS, "instead_of": plan["signing_key"]}
    assert (await post(stage, PATHS[1], agreed)).status_code == 202


@pytest.mark.parametrize("shown", [True, False], ids=["of a plan", "unseen"])
async def test_order_never_moves_a_host_off_air_that_came_there_while_it_was_checked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    rotator, watch, beta = stage.switcher.desk.rotator, stage.switcher.watch, "beta"
    plan, key = rotator.plan, stage.net.signing_key(beta)

    async def while_beta_comes_on_air(*about: Any) -> Any:
        found = await plan(*about)
        sent = update(stage.net, key)
        await watch.call("eu", "network_broadcast", "broadcast_transaction", sent)
        await until(watch, lambda w: key_in_force(w, WITNESS) == key)
        return found

    alpha = stage.net.signing_key("alpha")
    asked = {"witness": WITNESS, "to": "gamma"} | ({"instead_of": alpha} if shown else {})
    monkeypatch.setattr(rotator, "plan", while_beta_comes_on_air)
    reply = await post(stage, "/api/rotate", asked)
    assert reply.status_code == 409
    assert reply.json()["detail"] == (
        "Since the plan was shown beta has come on air; look at it anew."
    )
    assert await stage.words() == []


async def test_plan_does_nothing(stage: Stage) -> None:
    for path, route in ((PATHS[0], ["beta"]), (PATHS[2], ["beta", "gamma"])):
        reply = await post(stage, path, {"witness": WITNESS})
        assert reply.status_code == 200
        assert reply.json()["route"] == route
        assert reply.json()["refusal"] is None
    assert await stage.words() == []


async def test_order_is_told_of_under_its_number_while_a_second_one_is_refused(
    stage: Stage,
) -> None:
    reply = await post(stage, "/api/rotate", {"witness": WITNESS, "to": "gamma", "why": "new disk"})
    assert reply.status_code == 202
    order = reply.json()
    assert (order["witness"], order["route"]) == (WITNESS, ["gamma"])
    second = await post(stage, "/api/drill", {"witness": WITNESS})
    assert second.status_code == 409
    assert "is still open; wait for it, or disarm init0 to end it." in second.json()["detail"]

    entries = await over(stage, order["incident"])
    assert entries[0]["sentence"] == "the-operate wants gamma on air for init0 (manual): new disk"
    assert (entries[-1]["value"], entries[-1]["sentence"]) == ("on_air", "gamma is on air")
    assert {entry["incident"] for entry in entries} == {order["incident"]}
    assert [entry["incident"] for entry in await told(stage, order["incident"] + 1)] == []
    state = stage.net.state.witnesses["1.6.1"]
    assert state.signing_key == stage.net.signing_key("gamma")
    assert state.total_missed == 0
    [witness] = (await stage.status())["witnesses"]
    assert (witness["armed"], witness["budget_remaining"]) == (False, 6)


async def test_disarming_ends_an_order_that_waits_for_its_gap(stage: Stage) -> None:
    watch = stage.switcher.watch
    async with asyncio.timeout(30):
        while True:
            block = (await stage.net.wait_blocks(1)).number
            while watch.follower.head is None or watch.follower.head.number < block:
                await watch.changed(watch.sequence)
            plan = (await post(stage, "/api/rotate/plan", {"witness": WITNESS})).json()
            if plan["planned"] is None:
                break
    order = (await post(stage, "/api/rotate", {"witness": WITNESS})).json()
    await post(stage, "/api/disarm", {"witness": WITNESS, "why": "not now"})
    entries = await over(stage, order["incident"])
    assert entries[-1]["value"] == "cancelled"
    assert "sent" not in [entry["value"] for entry in entries]
