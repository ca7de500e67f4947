"""The stream of what is new, from the real server."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from switcher import feed, reading
from switcher.auth import Scope
from switcher.errors import JournalError
from switcher.journal.journal import Journal
from switcher.model import Entry, EntryKind
from switcher.routes import events as route
from tests.support.events import Events, events
from tests.switcher.calling import ALPHA, CHAIN, Caller, calling
from tests.switcher.stage import WITNESS, alert, webhook


async def listen(
    stack: AsyncExitStack, caller: Caller, scope: Scope = Scope.READ, **headers: str
) -> Events:
    told = caller.home.bearer(scope) | {k.replace("_", "-"): v for k, v in headers.items()}
    return await stack.enter_async_context(events(caller.http, "/api/events", told))


async def disarm(caller: Caller, why: str) -> None:
    order = {"witness": WITNESS, "why": why}
    operator = caller.home.bearer(Scope.OPERATE)
    (await caller.http.post("/api/disarm", json=order, headers=operator)).raise_for_status()


async def test_listener_is_told_how_things_stand_and_what_is_new(keeper: Caller) -> None:
    async with AsyncExitStack() as stack:
        heard = await listen(stack, keeper)
        first = await heard.next()
        told = (await keeper.get("/api/status")).json()
        assert first.name == "status"
        assert first.json | {"now": 0} == told | {"now": 0}
        await disarm(keeper, "moving house")
        entry = await heard.next()
        assert (entry.name, entry.number) == ("entry", str(entry.json["id"]))
        assert entry.json in (await keeper.get("/api/journal")).json()["entries"]
        [witness] = (await heard.until("status")).json["witnesses"]
        assert (witness["armed"], witness["armed_why"]) == (False, "moving house")


@pytest.mark.parametrize("shown", [100, 3])
async def test_who_was_cut_off_gets_the_entries_that_came_meanwhile(
    keeper: Caller, monkeypatch: pytest.MonkeyPatch, shown: int
) -> None:
    monkeypatch.setattr(feed, "SHOWN", shown)
    monkeypatch.setattr(route, "SHOWN", shown)
    await keeper.post(webhook(*(alert(ALPHA, witness=f"w{n}") for n in range(8))))
    async with AsyncExitStack() as stack:
        heard, told = await listen(stack, keeper, Last_Event_ID="2"), []
        while (event := await heard.next()).name == "entry":
            told.append(event.json)
    assert len(told) >= 7
    entries = (await keeper.get("/api/journal")).json()["entries"][::-1]
    assert told == entries[2 : 2 + len(told)]


@pytest.mark.parametrize("number", ["99999", "0x1", "-1", "9" * 20])
async def test_number_of_no_entry_begins_with_what_is_new(caller: Caller, number: str) -> None:
    async with AsyncExitStack() as stack:
        heard = await listen(stack, caller, Last_Event_ID=number)
        assert (await heard.next()).name == "status"
        await disarm(caller, "to see it")
        assert (await heard.until("entry")).json["sentence"].endswith("to see it")


async def test_many_listeners_cost_one_reading(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = 0
    read = reading.read_status

    async def counted(switcher: Any) -> Any:
        nonlocal readings
        readings += 1
        return await read(switcher)

    monkeypatch.setattr(feed, "read_status", counted)
    async with AsyncExitStack() as stack:
        heard = [await listen(stack, caller) for _ in range(50)]
        await asyncio.gather(*(each.until("status") for each in heard))
        begun = readings
        await disarm(caller, "all hear of it")
        told = await asyncio.gather(*(each.until("entry") for each in heard))
        assert len({each.data for each in told}) == 1
        assert readings - begun <= 3
    await asyncio.sleep(0)
    ended = readings
    await disarm(caller, "nobody hears of it")
    await caller.get("/healthz")
    assert readings <= ended + 1


async def test_listeners_leave_connections_to_alerts(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST", 3)
    async with AsyncExitStack() as stack:
        heard = [await listen(stack, caller) for _ in range(3)]
        assert {(await each.next()).name for each in heard} == {"status"}
        assert (await listen(stack, caller)).status_code == 503
        assert await caller.accepts_a_good_alert()
    async with AsyncExitStack() as stack:
        again = await listen(stack, caller)
        assert (await again.next()).name == "status"


async def test_listeners_who_all_come_at_once_leave_connections_to_alerts(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST", 3)
    ask = (
        f"GET /api/events HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {caller.home.tokens[Scope.READ]}\r\n\r\n"
    )
    pipes = [await asyncio.open_connection("127.0.0.1", caller.port) for _ in range(9)]
    for _, writer in pipes:
        writer.write(ask.encode())
    async with asyncio.timeout(20):
        answers = [(await reader.readline()).split()[1] for reader, _ in pipes]
    assert sorted(answers) == [b"200"] * 3 + [b"503"] * 6
    for _, writer in pipes:
        writer.close()


async def test_reason_is_one_line_of_what_can_be_seen(keeper: Caller) -> None:
    await disarm(keeper, "\x1b]0;all is well\x07 moving\u2028house\u202e now\n")
    [entry] = (await keeper.get("/api/journal?limit=1")).json()["entries"]
    assert entry["details"]["why"] == "]0;all is well  moving house  now"


def test_text_parts_no_event_whatever_a_caller_takes_for_the_end_of_a_line() -> None:
    entry = Entry(1, 0.0, EntryKind.ARMING, "armed", WITNESS, None, None, "a\u2028b\x85c\nd", {})
    [_, data, *_] = route._told_of(entry).decode().splitlines()
    assert json.loads(data.removeprefix("data: "))["sentence"] == entry.sentence


async def test_listener_waits_for_as_long_as_a_reading_hangs(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_switcher: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(feed, "SILENCE", 0.0)
    monkeypatch.setattr(feed, "read_status", hangs)
    waiting = feed.Feed(cast("Any", None))
    waiting._outdated = 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting.after(0), 0.5)


async def test_listener_who_does_not_read_holds_up_nobody(caller: Caller) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", caller.port)
    token = caller.home.tokens[Scope.READ]
    writer.write(
        f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "\r\n".encode()
    )
    async with AsyncExitStack() as stack:
        heard = await listen(stack, caller)
        await heard.until("status")
        for n in range(5):
            await disarm(caller, f"{n}")
            assert (await heard.until("entry")).json["sentence"].endswith(f"{n}")
    writer.close()


async def test_listeners_are_told_while_the_journal_can_not_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        heard = await listen(stack, caller)
        await heard.until("status")
        heartbeat = Journal.heartbeat

        async def gone(_journal: Journal) -> float:
            raise JournalError("The journal can't be used: secret details")

        monkeypatch.setattr(Journal, "heartbeat", gone)
        await disarm(caller, "written all the same")
        trouble = await heard.until("trouble")
        assert "secret" not in trouble.data
        assert trouble.json["detail"].startswith("The journal can't be used at present")
        monkeypatch.setattr(Journal, "heartbeat", heartbeat)
        assert (await heard.until("entry")).json["value"] == "disarmed"
        await heard.until("status")


async def test_listeners_hold_up_no_stop(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with calling(tmp_path, CHAIN) as caller:
            heard = await listen(stack, caller)
            await heard.until("status")
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 5


@pytest.mark.parametrize(
    ("readers", "name", "status"),
    [
        ("token", "localhost", 401),
        ("loopback", "localhost", 200),
        ("loopback", "evil.example", 401),
        ("anyone", "status.example", 200),
    ],
)
async def test_who_reads_without_a_token_is_configured(
    tmp_path: Path, readers: str, name: str, status: int
) -> None:
    async with calling(tmp_path, CHAIN, readers=readers) as caller:
        for path in ("/api/status", "/api/journal", "/api/events"):
            async with caller.http.stream("GET", path, headers={"Host": name}) as answer:
                assert answer.status_code == status, path
        for path in ("/api/arm", "/api/rotate", "/api/drill"):
            assert (await caller.http.post(path, json={})).status_code == 401


async def test_readers_on_this_machine_are_none_behind_a_proxy(tmp_path: Path) -> None:
    async with calling(tmp_path, CHAIN, readers="loopback", behind_proxy=True) as caller:
        assert (await caller.http.get("/api/status")).status_code == 401
