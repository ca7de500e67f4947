"""What Alertmanager gets over HTTP, from the real server, while no node can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from switcher.auth import Scope
from switcher.inbox import AT_ONCE
from switcher.journal.journal import Journal
from switcher.webhook import MOST_ALERTS
from tests.switcher.calling import ALPHA, BETA, Caller
from tests.switcher.stage import alert, webhook

BAD = {"status": "firing"}


async def test_good_alert_is_written_down_before_the_answer(keeper: Caller) -> None:
    reply = await keeper.post(webhook(alert(ALPHA)))
    assert reply.status_code == 202
    assert reply.json() == {"alerts": [{"result": "opened", "incident": 1, "reason": ""}]}
    entries = (await keeper.get("/api/journal")).json()["entries"]
    assert [e["value"] for e in entries if e["kind"] == "opened"] == ["rotate_signing_key"]
    assert await keeper.counted("opened") == 1
    newest = (await keeper.get("/api/status")).json()["journal"]
    assert newest.partition(":")[0] == str(entries[0]["id"])


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many alerts each transaction took so far."""
    taken, take = list[int](), Journal.take

    async def counting(journal: Journal, alerts: list[Any], *args: Any) -> Any:
        taken.append(len(alerts))
        return await take(journal, alerts, *args)

    monkeypatch.setattr(Journal, "take", counting)
    return taken


def about_alerts(logs: Iterable[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    return [line for line in logs if "alert" in line["event"]]


async def test_many_alerts_at_once_let_others_have_their_turn(
    keeper: Caller, taken: list[int]
) -> None:
    reply = await keeper.post(webhook(*(alert(f"BTS{number}") for number in range(250))))
    assert reply.status_code == 202
    assert [each["incident"] for each in reply.json()["alerts"]] == list(range(1, 251))
    assert max(taken) <= AT_ONCE


async def test_as_many_bad_alerts_as_are_taken_at_once_are_one_line_of_the_log(
    keeper: Caller, taken: list[int]
) -> None:
    bad = [BAD] * (MOST_ALERTS - 1)
    with capture_logs() as logs:
        reply = await keeper.post(webhook(alert(ALPHA, action="reboot"), *bad))
    assert reply.status_code == 202
    assert await keeper.counted("malformed") == len(bad)
    assert await keeper.counted("unknown_action") == 1
    assert taken == [AT_ONCE] * (MOST_ALERTS // AT_ONCE)
    [told] = about_alerts(logs)
    assert (told["unknown_action"], told["malformed"]) == (1, len(bad))
    assert told["first"] == reply.json()["alerts"][0]["reason"]


async def test_more_alerts_than_are_taken_at_once_leave_one_count_and_nothing_else(
    keeper: Caller, taken: list[int]
) -> None:
    with capture_logs() as logs:
        reply = await keeper.post(webhook(*[BAD] * 20_000))
    assert reply.status_code == 413
    assert "20000 alerts" in reply.json()["detail"]
    assert f"{MOST_ALERTS} at most" in reply.json()["detail"]
    assert "max_alerts" in reply.json()["detail"]
    assert (await keeper.counted("too_large"), await keeper.counted("malformed")) == (1, 0)
    assert taken == []
    assert about_alerts(logs) == []
    assert await keeper.accepts_a_good_alert()


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
    reply = await keeper.post(webhook(BAD, alert(ALPHA), alert(BETA)))
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
