"""What callers get over HTTP, from the real server, while no node can be reached."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.keys import active_key, signing_key
from switcher.auth import Scope
from switcher.errors import JournalError
from switcher.journal.journal import Journal
from switcher.model import Entry
from switcher.service import serve
from tests.switcher.stage import WITNESS, Home, alert, webhook

ALPHA, BETA = (signing_key("init0", host).text("BTS") for host in (None, "beta"))
CHAIN = ChainSettings(
    nodes=(NodeSettings("eu", "ws://127.0.0.1:1"),),
    witnesses=(
        WitnessSettings(
            WITNESS, (ProducerSettings("alpha", ALPHA), ProducerSettings("beta", BETA))
        ),
    ),
)


class Caller:
    """A client of a switcher that listens on a port of its own."""

    def __init__(self, home: Home, port: int, client: httpx.AsyncClient) -> None:
        self.home = home
        self.port = port
        self.http = client

    async def post(self, body: Any, scope: Scope = Scope.ALERTS) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post("/alerts", content=content, headers=self.home.bearer(scope))

    async def get(self, path: str, scope: Scope = Scope.READ) -> httpx.Response:
        return await self.http.get(path, headers=self.home.bearer(scope))

    async def counted(self, result: str) -> float:
        text = (await self.http.get("/metrics")).text
        name = f'understudy_alerts_received_total{{result="{result}"}} '
        [line] = [line for line in text.splitlines() if line.startswith(name)]
        return float(line.removeprefix(name))

    async def accepts_a_good_alert(self) -> bool:
        reply = await self.post(webhook(alert(ALPHA)))
        return reply.status_code == 202 and reply.json()["alerts"][0]["result"] in {
            "opened",
            "renewed",
        }


@asynccontextmanager
async def calling(folder: Path, chain: ChainSettings, **settings: Any) -> AsyncIterator[Caller]:
    home = Home(folder, active_key(WITNESS).wif)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(chain, home.settings(**settings), on_listen=port.set_result)
    )
    either: list[asyncio.Future[Any]] = [serving, port]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        address = f"http://127.0.0.1:{port.result()}"
        async with httpx.AsyncClient(base_url=address, timeout=15) as client:
            yield Caller(home, port.result(), client)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    async with calling(tmp_path, CHAIN) as caller:
        yield caller


@pytest.fixture
async def keeper(tmp_path: Path, database: str) -> AsyncIterator[Caller]:
    """Return a caller of switchers on either kind of database."""
    async with calling(tmp_path, CHAIN, database=database) as caller:
        yield caller


async def test_good_alert_is_written_down_before_the_answer(keeper: Caller) -> None:
    reply = await keeper.post(webhook(alert(ALPHA)))
    assert reply.status_code == 202
    assert reply.json() == {"alerts": [{"result": "opened", "incident": 1, "reason": ""}]}
    entries = (await keeper.get("/api/journal")).json()["entries"]
    assert [e["value"] for e in entries if e["kind"] == "opened"] == ["rotate_signing_key"]
    assert await keeper.counted("opened") == 1
    newest = (await keeper.get("/api/status")).json()["journal"]
    assert newest.partition(":")[0] == str(entries[0]["id"])


async def test_many_alerts_at_once_let_others_have_their_turn(
    keeper: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, take = list[int](), Journal.take

    async def counting(journal: Journal, alerts: list[Any], *args: Any) -> Any:
        taken.append(len(alerts))
        return await take(journal, alerts, *args)

    monkeypatch.setattr(Journal, "take", counting)
    reply = await keeper.post(webhook(*(alert(f"BTS{number}") for number in range(250))))
    assert reply.status_code == 202
    assert [each["incident"] for each in reply.json()["alerts"]] == list(range(1, 251))
    assert max(taken) <= 100


@pytest.mark.parametrize(
    ("body", "status", "result"),
    [
        (b"{nonsense", 400, "unparsable"),
        (b"\xff", 400, "unparsable"),
        (webhook(alert(ALPHA), version="5"), 422, "wrong_version"),
        (b" " * 1_000_001, 413, "too_large"),
    ],
)
async def test_bad_body_is_refused_counted_and_stops_nothing(
    keeper: Caller, body: Any, status: int, result: str
) -> None:
    reply = await keeper.post(body)
    assert reply.status_code == status
    assert reply.json()["detail"].endswith(".")
    assert await keeper.counted(result) == 1
    assert await keeper.accepts_a_good_alert()


async def test_endless_body_without_a_length_is_cut_off(caller: Caller) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
    token = caller.home.tokens[Scope.ALERTS]
    head = f"POST /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(17):
        writer.write(chunk)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert await caller.counted("too_large") == 1
    assert await caller.accepts_a_good_alert()


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


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "x"}])
async def test_missing_or_wrong_token_is_refused_and_counted(
    caller: Caller, header: dict[str, str]
) -> None:
    reply = await caller.http.post("/alerts", json=webhook(alert(ALPHA)), headers=header)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json()["detail"].endswith(".")
    assert await caller.counted("unauthorised") == 1
    assert await caller.accepts_a_good_alert()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.OPERATE])
async def test_alerts_need_their_own_scope(caller: Caller, scope: Scope) -> None:
    reply = await caller.post(webhook(alert(ALPHA)), scope)
    assert reply.status_code == 403
    assert await caller.counted("forbidden") == 1


async def test_alertmanager_s_token_reads_and_operates_nothing(caller: Caller) -> None:
    assert (await caller.get("/api/status", Scope.ALERTS)).status_code == 403
    assert (await caller.get("/api/journal", Scope.ALERTS)).status_code == 403
    for path in ("/api/arm", "/api/disarm"):
        for scope in (Scope.ALERTS, Scope.READ):
            reply = await caller.http.post(
                path, json={"why": "x"}, headers=caller.home.bearer(scope)
            )
            assert reply.status_code == 403
    assert (await caller.http.get("/api/status")).status_code == 401


async def test_malformed_alert_spoils_no_other(keeper: Caller) -> None:
    reply = await keeper.post(webhook({"status": "firing"}, alert(ALPHA), alert(BETA)))
    assert reply.status_code == 202
    assert [a["result"] for a in reply.json()["alerts"]] == ["malformed", "opened", "opened"]
    assert await keeper.counted("malformed") == 1


NUL, HALF = "nul \x00", "half a pair \ud83d"


async def test_alert_with_words_that_no_alert_has_spoils_no_other(keeper: Caller) -> None:
    bad = [
        alert(ALPHA, witness="w" * 300),
        alert("BTS" + "5" * 5_000),
        alert(ALPHA, name="n" * 5_000),
        alert(ALPHA, starts_at="2" * 300),
    ]
    for text in (NUL, HALF):
        bad += [alert(ALPHA, witness=text), alert(text), alert(ALPHA, name=text)]
        bad += [alert(ALPHA, starts_at=text)]
    reply = await keeper.post(webhook(*bad, alert(BETA)))
    assert reply.status_code == 202
    assert [a["result"] for a in reply.json()["alerts"]] == ["malformed"] * len(bad) + ["opened"]


async def test_labels_that_nobody_asks_for_may_hold_anything(keeper: Caller) -> None:
    for text in (NUL, "x" * 100_000):
        reply = await keeper.post(webhook(alert(ALPHA, summary=text)))
        assert reply.status_code == 202
        assert reply.json()["alerts"][0]["result"] in {"opened", "renewed"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"why": "a nul \u0000"}', 200),
        (rb'{"why": "half a pair \ud83d"}', 422),
        (rb'{"why": "half a pair", "\ud83d": 1}', 422),
    ],
)
async def test_reason_with_what_can_t_be_stored_is_kept_without_or_refused(
    keeper: Caller, body: bytes, status: int
) -> None:
    headers = {**keeper.home.bearer(Scope.OPERATE), "Content-Type": "application/json"}
    reply = await keeper.http.post("/api/disarm", content=body, headers=headers)
    assert reply.status_code == status
    [newest, *_] = (await keeper.get("/api/journal")).json()["entries"]
    why = "a nul \ufffd" if status == 200 else "first state of an empty journal"
    assert newest["details"]["why"] == why


async def test_alert_about_an_unknown_witness_is_held(caller: Caller) -> None:
    await caller.post(webhook(alert(ALPHA, witness="nobody")))
    async with asyncio.timeout(5):
        while True:
            status = (await caller.get("/api/status")).json()
            [incident] = status["unknown_witnesses"]
            if incident["decision"] is not None:
                break
    assert incident["decision"] == "unknown_witness"


async def test_heartbeat_mends_the_alert_path_and_is_not_journalled(keeper: Caller) -> None:
    assert (await keeper.get("/api/status")).json()["alert_path"] == "unknown"
    beat = alert(ALPHA, name="AlertPathHeartbeat")
    del beat["labels"]["action"]
    assert (await keeper.post(webhook(beat))).status_code == 202
    status = (await keeper.get("/api/status")).json()
    assert status["alert_path"] == "ok"
    assert status["heartbeat_age"] < 5
    assert (await keeper.http.get("/readyz")).json()["alert_path"] == "alerts come through"
    kinds = {e["kind"] for e in (await keeper.get("/api/journal")).json()["entries"]}
    assert kinds == {"arming"}


async def test_unreachable_nodes_are_named_by_readyz(caller: Caller) -> None:
    reply = await caller.http.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["journal"] == "ok"
    assert "0 of 1" in reply.json()["nodes"]
    assert (await caller.http.get("/healthz")).status_code == 200


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


async def test_page_and_documentation_need_no_token(caller: Caller) -> None:
    for path in ("/", "/docs", "/openapi.json", "/metrics"):
        assert (await caller.http.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/metrics"])
async def test_who_was_led_here_by_another_name_needs_a_token(caller: Caller, path: str) -> None:
    for name in ("evil.example:80", "localhost.evil.example", "10.0.0.5", "evil_one.example", ""):
        led = {"Host": name}
        assert (await caller.http.get(path, headers=led)).status_code == 401, name
        led |= caller.home.bearer(Scope.READ)
        assert (await caller.http.get(path, headers=led)).status_code == 200, name
    for name in ("localhost", "LOCALHOST:9878", "[::1]:9878", "127.0.0.1"):
        assert (await caller.http.get(path, headers={"Host": name})).status_code == 200, name


async def test_pages_bring_nobody_else_s_scripts_to_where_tokens_are(caller: Caller) -> None:
    for path in ("/", "/docs"):
        reply = await caller.http.get(path)
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert not re.search(r"<script|https?://", reply.text)


async def test_documentation_names_every_address_and_what_it_takes(caller: Caller) -> None:
    told = (await caller.http.get("/docs")).text
    for path in (await caller.http.get("/openapi.json")).json()["paths"]:
        assert f" {path}</code>" in told
    assert "Rotate by hand, in the gap between two of the witness&#x27; slots." in told
    assert "RotationOrder" in told


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


async def test_caller_is_told_where_to_look_when_the_journal_can_not_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_journal: Journal) -> float:
        raise JournalError("The journal can't be used: secret details")

    monkeypatch.setattr(Journal, "heartbeat", gone)
    reply = await caller.get("/api/status")
    assert (reply.status_code, reply.json()["detail"]) == (
        503,
        "The journal can't be used at present; /readyz and the switcher's log say why, and no "
        "rotation begins meanwhile.",
    )
