"""What somebody sees who asks who is on air, is it well, what happened."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import in_terminal
from tests.understudy.canned import HANG_UP, Canned
from tests.understudy.commands import PUBLIC_KEY, CommandLine
from tests.understudy.orders.answers import JOURNAL_AT, STATUS, entry, page
from understudy.config import load
from understudy.errors import SwitcherGoneError
from understudy.operate.client import SwitcherClient
from understudy.operate.events import Event, events_of
from understudy.operate.vigil import Vigil

STATUS_AT = "/api/status"
WITNESS: dict[str, Any] = {
    "witness": "init0",
    "acting": True,
    "actor": "one",
    "armed": True,
    "armed_by": "me",
    "armed_why": "drilled",
    "armed_since": 400.0,
    "signing_key": PUBLIC_KEY,
    "on_air": "alpha",
    "term_since_block": 1234,
    "term_since": 0,
    "missed_blocks": 0,
    "next_slot": 1009,
    "budget_remaining": 6,
    "producers": [
        {
            "name": "alpha",
            "signing_key": PUBLIC_KEY,
            "in_force": True,
            "readiness": "ready",
            "detail": "",
        },
        {
            "name": "beta",
            "signing_key": "BTS5",
            "in_force": False,
            "readiness": "ready",
            "detail": "",
        },
    ],
    "incidents": [],
    "rotation": None,
    "drills": [
        {"producer": "beta", "result": "signed", "time": 400.0},
        {"producer": "beta", "result": "never_signed", "time": 300.0},
    ],
    "key_trouble": "",
}
NODE = {
    "name": "eu",
    "up": True,
    "verdict": "canonical",
    "detail": "",
    "head_block": 9,
    "left_out": False,
    "divergence_height": None,
    "divergence_depth": None,
}
WELL: dict[str, Any] = {
    **STATUS,
    "heartbeat": 996.0,
    "heartbeat_age": 4.0,
    "chain": {"head_block": 1300, "head_time": 998, "irreversible_block": 1290},
    "nodes": [NODE],
    "witnesses": [WITNESS],
}
DISARMED = {**WELL, "witnesses": [{**WITNESS, "armed": False}]}
DOWN = {**WELL, "alert_path": "broken"}
FIRST = entry(1, "arming", "armed", f"init0 armed while key {PUBLIC_KEY} is in force")
SECOND = entry(2, "opened", "rotate_signing_key", "an alert accuses init0")


@pytest.fixture
def switcher(switcher: Canned) -> Canned:
    switcher.answers |= {STATUS_AT: [(200, WELL)], JOURNAL_AT: [page(FIRST)]}
    return switcher


def test_who_is_on_air_is_it_well_and_what_happened(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    told = run("status", "--config", str(config))
    assert told.status == 0
    assert told.out.splitlines() == [
        "well",
        "",
        "chain       block 1,300, 2 s ago; irreversible to 1,290",
        "nodes       1 of 1 can be used",
        "alert path  ok, heartbeat 4 s ago",
        "clock       not known yet",
        "",
        "init0: alpha on air since 1970-01-01 00:00:00 UTC (block 1,234); next slot in 9 s; "
        "0 missed lately",
        "  alpha  on air  no drill",
        "  beta   ready   signed 10 min ago",
        "  armed by me 10 min ago: drilled",
        "  6 rotations left of the last 24 hours' budget",
        "",
        "00:16:41 UTC  init0  armed  init0 armed while alpha's key is in force",
    ]


def test_what_is_only_to_be_known_leaves_it_well(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    switcher.answers[STATUS_AT] = [(200, DISARMED)]
    told = run("status", "--config", str(config))
    assert told.status == 0
    assert told.out.splitlines()[:2] == [
        "well, but for what stands below",
        "  ! init0: is disarmed by me: drilled",
    ]


def test_a_host_that_was_on_air_all_along_is_said_to_be(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    unmoved = {**WITNESS, "term_since": None, "term_since_block": None}
    switcher.answers[STATUS_AT] = [(200, {**WELL, "witnesses": [unmoved]})]
    told = run("status", "--config", str(config))
    assert "init0: alpha on air since before the first block that was read; next slot" in told.out


def test_trouble_shows_in_the_exit_status(run: CommandLine, config: Path, switcher: Canned) -> None:
    switcher.answers[STATUS_AT] = [(200, DOWN)]
    told = run("status", "--config", str(config))
    assert told.status == 1
    assert told.out.startswith("NOT WELL\n  ✗ alert path: is broken: no heartbeat has come for 4 s")


def test_a_program_gets_all_of_it(run: CommandLine, config: Path, switcher: Canned) -> None:
    switcher.answers[STATUS_AT] = [(200, DISARMED)]
    told = json.loads(run("status", "--json", "--config", str(config)).out)
    assert told["well"] is True
    assert told["concerns"] == [
        {"what": "init0", "text": "is disarmed by me: drilled", "trouble": False}
    ]
    assert told["status"] == DISARMED
    assert told["journal"] == [FIRST]


def test_a_switcher_that_is_not_there_is_trouble(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    switcher.answers[STATUS_AT] = [HANG_UP]
    told = run("status", "--config", str(config))
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith(f"understudy: The switcher at http://{switcher.address} did not")
    told = run("status", "--json", "--config", str(config))
    answer = json.loads(told.out)
    assert (told.status, answer["well"], answer["status"]) == (1, False, None)
    assert "did not answer" in answer["concerns"][0]["text"]


@contextlib.asynccontextmanager
async def _lines(*words: str) -> Any:
    """Run a command whose output is a pipe; it gets Ctrl-C in the end, and must then end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(30):
            yield process.stdout
            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
        assert (process.returncode, err) == (0, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_where_nobody_sees_it_each_change_is_a_line(config: Path, switcher: Canned) -> None:
    switcher.answers |= {
        STATUS_AT: [(200, WELL), HANG_UP, (200, WELL), (200, DISARMED)],
        JOURNAL_AT: [page(FIRST), page(FIRST), page(SECOND, FIRST), page(SECOND, FIRST)],
    }
    async with _lines("status", "--watch", "--config", str(config)) as out:
        told = [(await out.readline()).decode().rstrip() for _ in range(19)]
    assert told[0] == "well"
    assert told[13] == "00:16:41 UTC  init0  armed  init0 armed while alpha's key is in force"
    assert "NO ANSWER; still trying. The switcher at " in told[14]
    assert told[15].endswith("The switcher answers again.")
    assert told[16] == "00:16:42 UTC  init0  opened: rotate_signing_key  an alert accuses init0"
    assert told[17] == "well, but for what stands below"
    assert told[18] == "  ! init0: is disarmed by me: drilled"


async def test_a_program_gets_an_object_for_each_change(config: Path, switcher: Canned) -> None:
    later = {**WELL, "now": 1_001.0, "heartbeat_age": 5.0}
    switcher.answers[STATUS_AT] = [(200, WELL), (200, later), HANG_UP, (200, DOWN)]
    async with _lines("status", "--watch", "--json", "--config", str(config)) as out:
        told = [json.loads(await out.readline()) for _ in range(3)]
    assert [each["well"] for each in told] == [True, False, False]
    assert told[1]["status"] is None
    assert told[2]["status"]["alert_path"] == "broken"


async def test_a_terminal_shows_what_is_so_now_and_says_what_is_not(
    config: Path, switcher: Canned
) -> None:
    switcher.answers[STATUS_AT] = [(200, WELL), HANG_UP]
    async with in_terminal("status", "--watch", "--config", str(config)) as screen:
        await screen.shows(lambda row: "init0: alpha on air" in row)
        await screen.shows(lambda row: "Ctrl-C ends it" in row)
        await screen.shows(lambda row: row.startswith("NO ANSWER for "))
        await screen.shows(lambda row: row.startswith("This is how it was at 1970-01-01 "))
        await screen.interrupt()
        assert await screen.ended() == 0


@pytest.fixture
def vigil(config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vigil]:
    monkeypatch.setattr("understudy.operate.vigil._LOOK_EVERY", 0)
    with SwitcherClient.of(load(config)) as client:
        yield Vigil(client, events=2)


def answered(vigil: Vigil, looks: int) -> Sequence[bool]:
    return list(itertools.islice(vigil.looks(), looks))


def test_what_is_no_longer_so_stands_still(vigil: Vigil, switcher: Canned) -> None:
    seconds = [100.0]
    vigil.clock = lambda: seconds[0]
    answered(vigil, 1)
    seconds[0] += 2
    assert (vigil.stale, vigil.now) == (False, 1_002.0)
    seconds[0] += 2  # an answer that is so long in coming is none
    assert (vigil.stale, vigil.now) == (True, 1_000.0)


def stream(*events: tuple[str, object]) -> tuple[int, str]:
    return 200, "".join(f"event: {n}\ndata: {json.dumps(d)}\n\n" for n, d in events)


def test_what_the_switcher_tells_by_itself_is_not_asked_for(vigil: Vigil, switcher: Canned) -> None:
    news = ("entry", SECOND), ("status", DISARMED), ("status", WELL)
    switcher.answers["/api/events"] = [stream(("status", WELL), *news)]
    assert answered(vigil, 4) == [True] * 4
    assert [path for path, _ in switcher.asked].count(STATUS_AT) == 1
    assert vigil.look is not None
    assert [each.id for each in vigil.look.entries] == [1, 2]


def test_fresh_are_the_entries_since_the_news_before(vigil: Vigil, switcher: Canned) -> None:
    switcher.answers["/api/events"] = [
        stream(("entry", SECOND), ("status", DISARMED), ("status", WELL))
    ]
    fresh = [[each.id for each in vigil.fresh] for _ in itertools.islice(vigil.looks(), 3)]
    assert fresh == [[1], [2], []]


def test_a_journal_that_cannot_be_read_is_told(vigil: Vigil, switcher: Canned) -> None:
    switcher.answers["/api/events"] = [stream(("trouble", {"detail": "No disk."}))]
    assert answered(vigil, 2) == [True, False]
    assert vigil.stale
    assert "No disk." in vigil.silence


@pytest.mark.parametrize(
    "answer",
    [(503, {"detail": "Too many listeners."}), (200, "event: status\ndata: 7\n\n"), HANG_UP],
)
def test_where_it_tells_nothing_by_itself_it_is_asked(
    vigil: Vigil, switcher: Canned, answer: tuple[int, Any]
) -> None:
    switcher.answers |= {"/api/events": [answer], STATUS_AT: [(200, WELL), (200, DISARMED)]}
    assert answered(vigil, 3) == [True] * 3
    assert vigil.look is not None
    assert vigil.look.status.witnesses[0].armed is False
    assert [path for path, _ in switcher.asked].count("/api/events") == 1


def test_an_event_that_is_cut_off_is_none() -> None:
    lines = [
        "event: status",
        "data: 1",
        "data: 2",
        "",
        ": alive",
        "data:3",
        "",
        "event: x",
        "data: 4",
    ]
    assert list(events_of(lines)) == [Event("status", "1\n2"), Event(""), Event("message", "3")]


def test_no_event_is_missed_however_many_come_at_once(vigil: Vigil, switcher: Canned) -> None:
    many = [entry(number, "step", "sent") for number in range(1, 8)]
    switcher.answers[JOURNAL_AT] = [page(FIRST), page(*many)]
    assert answered(vigil, 2) == [True, True]
    assert [each.id for each in vigil.fresh] == [2, 3, 4, 5, 6, 7]
    assert vigil.look is not None
    assert [each.id for each in vigil.look.entries] == [6, 7]


def test_a_token_that_is_refused_ends_the_watch_at_the_start(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    switcher.answers[STATUS_AT] = [(401, {"detail": "This token is not known."})]
    told = run("status", "--watch", "--config", str(config))
    assert told.status == 1
    assert "does not know the token" in told.err


def test_a_switcher_that_is_not_there_yet_is_waited_for(vigil: Vigil, switcher: Canned) -> None:
    switcher.answers[STATUS_AT] = [HANG_UP, (200, WELL)]
    assert answered(vigil, 2) == [False, True]
    assert SwitcherGoneError.__name__ not in vigil.silence
