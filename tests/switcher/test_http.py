"""What people and programs get over HTTP, from the real server, while no node can be reached."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chains.settings import NodeSettings
from devnet.keys import active_key
from switcher.auth import Scope
from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.journal.journal import Journal
from switcher.model import Entry
from switcher.service import serve
from tests.switcher.calling import ALPHA, CHAIN, Caller, calling
from tests.switcher.stage import WITNESS, Home, alert, webhook


@pytest.mark.parametrize("path", ["rotate", "rotate/plan", "drill", "drill/plan", "arm", "disarm"])
@pytest.mark.parametrize("length", ["Transfer-Encoding: chunked", "Content-Length: 99999999"])
async def test_order_without_end_is_not_kept_in_memory_for_somebody_without_a_token(
    caller: Caller, path: str, length: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
    head = f"POST /api/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}{length}\r\n\r\n".encode())
    writer.write(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")
    answer = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (rb'{"why": "a nul \u0000"}', "a nul"),
        (rb'{"why": "half a pair \ud83d"}', "half a pair"),
        (rb'{"why": "half a pair", "\ud83d": 1}', None),
    ],
)
async def test_reason_with_what_can_t_be_stored_is_kept_without_or_refused(
    keeper: Caller, body: bytes, kept: str | None
) -> None:
    headers = {**keeper.home.bearer(Scope.OPERATE), "Content-Type": "application/json"}
    reply = await keeper.http.post("/api/disarm", content=body, headers=headers)
    assert reply.status_code == (200 if kept else 422)
    [newest, *_] = (await keeper.get("/api/journal")).json()["entries"]
    assert newest["details"]["why"] == (kept or "first state of an empty journal")


async def test_unreachable_nodes_are_named_by_readyz(caller: Caller) -> None:
    reply = await caller.http.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["journal"] == "ok"
    assert "0 of 1" in reply.json()["nodes"]
    assert (await caller.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("readers", ["token", "anyone"])
@pytest.mark.parametrize("exposed", [False, True], ids=["this machine", "others"])
async def test_what_is_wrong_with_the_journal_is_no_business_of_strangers(
    tmp_path: Path, exposed: bool, readers: str
) -> None:
    async with calling(tmp_path, CHAIN, behind_proxy=exposed, readers=readers) as caller:
        with closing(sqlite3.connect(tmp_path / "understudy.db")) as db:
            db.execute("alter table heartbeats rename to gone")
        for scope in (Scope.READ, Scope.OPERATE):
            assert str(tmp_path) in (await caller.get("/readyz", scope)).json()["journal"]
        alerts, unknown = caller.home.bearer(Scope.ALERTS), {"Authorization": "Bearer unknown"}
        headers: list[dict[str, str]] = [{}, alerts, unknown, {"Host": "led.example"}]
        for header in headers:
            reply = await caller.http.get("/readyz", headers=header)
            from_here = not exposed and "Host" not in header
            assert reply.status_code == 503
            assert (str(tmp_path) in reply.text) == from_here
            assert (reply.json()["journal"] == JOURNAL_UNUSABLE) == (not from_here)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["eu"], "One node is configured: nothing contradicts it."),
        (["eu", "us"], "Two nodes are configured: both must agree, so that either"),
        (["eu", "us", "asia"], ""),
    ],
)
async def test_status_tells_what_too_few_nodes_cost(
    tmp_path: Path, names: list[str], told: str
) -> None:
    nodes = tuple(NodeSettings(name, f"ws://127.0.0.1:{1 + i}") for i, name in enumerate(names))
    async with calling(tmp_path, replace(CHAIN, nodes=nodes)) as caller:
        note = (await caller.get("/api/status")).json()["quorum"]
    assert note.startswith(told)
    assert bool(note) == bool(told)


async def test_arming_is_kept_with_who_and_why(keeper: Caller) -> None:
    operator = keeper.home.bearer(Scope.OPERATE)
    reply = await keeper.http.post(
        "/api/disarm", json={"witness": WITNESS, "why": "disk swap"}, headers=operator
    )
    assert reply.status_code == 200
    [state] = (await keeper.get("/api/status", Scope.OPERATE)).json()["witnesses"]
    assert (state["armed"], state["armed_by"], state["armed_why"]) == (
        False,
        "the-operate",
        "disk swap",
    )
    await keeper.http.post("/api/arm", json={"why": "done"}, headers=operator)
    [state] = (await keeper.get("/api/status")).json()["witnesses"]
    assert state["armed"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"witness": "nobody", "why": "x"}, 404),
        ({"witness": WITNESS}, 422),
        ({"witness": WITNESS, "why": " "}, 422),
        ({"witnes": WITNESS, "why": "x"}, 422),
    ],
)
async def test_senseless_arming_is_refused(caller: Caller, body: Any, status: int) -> None:
    operator = caller.home.bearer(Scope.OPERATE)
    reply = await caller.http.post("/api/disarm", json=body, headers=operator)
    assert reply.status_code == status


async def test_journal_comes_in_pages(keeper: Caller) -> None:
    await keeper.post(webhook(*(alert(ALPHA, witness=f"w{n}") for n in range(4))))
    first = (await keeper.get("/api/journal?limit=2")).json()
    second = (await keeper.get(f"/api/journal?limit=2&before={first['before']}")).json()
    numbers = [e["id"] for e in first["entries"] + second["entries"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4


async def test_many_readers_wait_for_one_another_and_no_alert_for_them(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, begun, answered = 0, asyncio.Event(), asyncio.Event()

    async def slow(_journal: Journal, **_which: Any) -> list[Entry]:
        nonlocal asked
        asked += 1
        begun.set()
        await answered.wait()
        return []

    monkeypatch.setattr(Journal, "entries", slow)
    readers = [asyncio.create_task(caller.get("/api/journal")) for _ in range(5)]
    await asyncio.wait_for(begun.wait(), 10)
    readers.append(asyncio.create_task(caller.get("/api/status")))
    assert await caller.accepts_a_good_alert()
    assert asked == 1
    answered.set()
    assert {reply.status_code for reply in await asyncio.gather(*readers)} == {200}


@pytest.mark.parametrize("query", ["before=0", "incident=x", "limit=1001", f"before={10**30}"])
async def test_senseless_question_to_the_journal_is_refused(caller: Caller, query: str) -> None:
    assert (await caller.get(f"/api/journal?{query}")).status_code == 422


async def test_documentation_and_metrics_need_no_token(caller: Caller) -> None:
    for path in ("/docs", "/openapi.json", "/metrics"):
        assert (await caller.http.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/metrics"])
async def test_who_was_led_here_by_another_name_needs_a_token(caller: Caller, path: str) -> None:
    for name in ("evil.example:80", "localhost.evil.example", "10.0.0.5", "evil_one.example", ""):
        led = {"Host": name}
        assert (await caller.http.get(path, headers=led)).status_code == 401, name
        led |= caller.home.bearer(Scope.READ)
        assert (await caller.http.get(path, headers=led)).status_code == 200, name
    for name in ("localhost", "LOCALHOST:9878", "[::1]:9878", "127.0.0.1"):
        assert (await caller.http.get(path, headers={"Host": name})).status_code == 200, name


async def test_counters_exist_at_zero(caller: Caller) -> None:
    text = (await caller.http.get("/metrics")).text
    for line in (
        'understudy_decisions_total{action="rotate_signing_key",decision="budget_spent"} 0.0',
        'understudy_rotations_total{outcome="never_signed",witness="init0"} 0.0',
        'understudy_stage_duration_seconds_count{stage="alert_to_decision"} 0.0',
        "understudy_heartbeat_timestamp_seconds 0.0",
    ):
        assert line in text.splitlines()


async def test_port_that_is_taken_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path, active_key(WITNESS).wif)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            await serve(CHAIN, home.settings(port=port))


@pytest.mark.parametrize("path", ["/api/rotate", "/api/drill", "/api/arm", "/api/disarm"])
@pytest.mark.parametrize("secret", ["key", "token"])
async def test_an_order_that_holds_a_secret_is_not_taken_nor_repeated(
    caller: Caller, path: str, secret: str
) -> None:
    held = active_key(WITNESS).wif if secret == "key" else caller.home.tokens[Scope.ALERTS]
    operator = caller.home.bearer(Scope.OPERATE)
    body = {"witness": WITNESS, "why": f"with {held}, of course"}
    reply = await caller.http.post(path, json=body, headers=operator)
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith("The order holds a private key or a token")
    assert held not in reply.text
    entries = (await caller.get("/api/journal")).json()["entries"]
    assert {entry["kind"] for entry in entries} == {"arming"}
    assert held not in str(entries)


async def test_a_malformed_request_is_told_where_and_not_repeated(caller: Caller) -> None:
    operator = caller.home.bearer(Scope.OPERATE)
    for body in ({"witness": ["planted"]}, {"planted": 1, "why": {"planted": "planted"}}):
        reply = await caller.http.post("/api/rotate", json=body, headers=operator)
        assert reply.status_code == 422
        assert {tuple(sorted(each)) for each in reply.json()["detail"]} == {("loc", "msg", "type")}
        assert "planted" not in reply.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"  {'a' * 497}\n", "a" * 497),
        ("\U000bf1a3" + "a" * 500, None),
        (" " + "a" * 500, None),
        ("a" * 501, None),
        (" \n\x1b", None),
        ("", None),
    ],
)
async def test_a_reason_is_bounded_as_it_is_sent_and_has_to_show_something(
    caller: Caller, sent: str, kept: str | None
) -> None:
    operator = caller.home.bearer(Scope.OPERATE)
    reply = await caller.http.post("/api/arm", json={"why": sent}, headers=operator)
    assert reply.status_code == (422 if kept is None else 200)
    if kept is not None:
        assert reply.json()[0]["why"] == kept


async def test_caller_is_told_where_to_look_when_the_journal_can_not_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_journal: Journal) -> float:
        raise JournalError("The journal can't be used: secret details")

    monkeypatch.setattr(Journal, "heartbeat", gone)
    reply = await caller.get("/api/status")
    assert (reply.status_code, reply.json()["detail"]) == (
        503,
        "The journal can't be used at present; the switcher's log says why, and no "
        "rotation begins meanwhile.",
    )
