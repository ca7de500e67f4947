"""The accounts of a soak see what must not be, and say what blocks were lost by."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.acknowledged import Claim, unknown
from bench.books import Pages
from bench.relay import Posting
from bench.soak.accounts import (
    AWAY,
    BUSY,
    FIRST_SLOT,
    by_hand,
    excuse,
    explained,
    needless,
    wrong,
)
from bench.soak.clerk import Empty, Turn
from bench.soak.gauges import Course
from bench.soak.logs import Complaints
from bench.soak.overslept import overslept
from bench.soak.passage import ClaimBook, Inbox, Passage
from bench.soak.suffering import Suffering
from bench.soak.told import OWED, Duty
from switcher.model import Draft, Entry, EntryKind, Outcome, Rotation
from understudy.stack import free_ports

NOW = 1_800_000_000.0
NOTHING = Pages((), {}, {}, (), None)
TURN = Turn("init0", 100, NOW + 20, "BTSalpha", "BTSbeta", "alpha", "beta", needless=False)
ROTATION = Rotation(
    1,
    Draft(1, "init0", "BTSalpha", "BTSbeta", "beta", NOW + 18, transaction={"operations": []}),
    opened=NOW + 18,
    block=100,
    ended=NOW + 60,
)


def pages(*rotations: Rotation, entries: tuple[Entry, ...] = ()) -> Pages:
    return replace(NOTHING, rotations=rotations, entries=entries)


def entry(number: int, kind: EntryKind, value: str, incident: int | None = None) -> Entry:
    return Entry(number, NOW + number, kind, value, "init0", incident, None, "", {})


def test_an_alert_that_was_taken_and_is_not_in_the_journal_is_lost() -> None:
    alert = {"labels": {"signing_key": "BTSalpha"}, "fingerprint": "f"}
    book = ClaimBook()
    book.note(Posting(NOW, NOW, 503, (alert,)))
    assert not book.claims
    book.note(Posting(NOW, NOW, 202, (alert,), ({"result": "opened", "incident": 1},)))
    assert unknown(book.claims.values(), NOTHING) == ["opened of incident 1: key BTSalpha, alert f"]


def test_of_what_was_told_of_an_incident_again_and_again_the_newest_is_kept() -> None:
    alert = {"labels": {"signing_key": "BTSalpha"}, "fingerprint": "f"}
    book = ClaimBook()
    for later in range(1000):
        when = NOW + later
        book.note(Posting(when, when, 202, (alert,), ({"result": "renewed", "incident": 1},)))
    assert list(book.claims.values()) == [Claim("renewed", 1, "BTSalpha", "f", NOW + 999)]
    assert (book.alerts, len(book.postings)) == (1000, 0)


def test_while_a_clock_is_off_what_it_writes_down_may_be_off_as_much() -> None:
    book = ClaimBook()
    book.slack = 30.0
    alert = {"labels": {}, "fingerprint": ""}
    book.note(Posting(NOW, NOW, 202, (alert,), ({"result": "heartbeat", "incident": None},)))
    assert unknown(book.claims.values(), replace(NOTHING, heartbeat=NOW - 30)) == []
    assert len(unknown(book.claims.values(), replace(NOTHING, heartbeat=NOW - 31))) == 1


def test_a_needless_rotation_is_seen_unless_a_person_wanted_it() -> None:
    turn = replace(TURN, needless=True)
    assert needless([TURN, turn], pages(ROTATION)) == [turn]
    ordered = replace(ROTATION, draft=replace(ROTATION.draft, by_hand=True))
    assert by_hand(turn, pages(ordered))
    assert needless([turn], pages(ordered)) == []


@pytest.mark.parametrize(
    ("away", "back", "patient"),
    [(0, 19, True), (10, 19, False), (0, 5, False), (0, None, True)],
    ids=["came back too late", "away too short", "long back", "still away"],
)
def test_a_host_that_came_back_when_its_update_was_out_is_told_apart(
    away: float, back: float | None, patient: bool
) -> None:
    suffering = Suffering("alpha", "blip", NOW + away, None if back is None else NOW + back)
    assert excuse(TURN, [suffering], [], pages(ROTATION)) == (AWAY if patient else "")
    assert not excuse(TURN, [replace(suffering, host="beta")], [], pages(ROTATION))


def test_a_host_that_lost_its_first_slot_to_a_trouble_was_left_for_that() -> None:
    put = replace(
        ROTATION,
        draft=replace(ROTATION.draft, from_key="BTSgamma", to_key="BTSalpha"),
        opened=NOW - 9,
        outcome=Outcome.NEVER_SIGNED,
    )
    book = pages(put, ROTATION)
    frozen = Suffering("alpha", "failure: freeze", NOW + 5)
    lost = explained([Empty("init0", int(NOW) + 12, "alpha", fit=False)], [frozen], book)
    assert excuse(TURN, [frozen], lost, book) == FIRST_SLOT
    assert not excuse(TURN, [frozen], lost, pages(replace(put, outcome=Outcome.ON_AIR), ROTATION))
    assert not excuse(TURN, [frozen], explained([lost[0][0]], [], book), book)
    assert not excuse(replace(TURN, host="beta"), [frozen], lost, book)
    earlier = explained([replace(lost[0][0], time=int(NOW) - 12)], [], book)
    assert not excuse(TURN, [frozen], earlier, book)


@pytest.mark.parametrize(
    ("turn", "rotation", "sentence"),
    [
        (replace(TURN, to=None), ROTATION, "to a key of no host"),
        (replace(TURN, key="BTSalpha"), ROTATION, "to the key that was in force already"),
        (TURN, replace(ROTATION, block=99), "the journal knows nothing of it"),
        (replace(TURN, from_key="BTSgamma"), ROTATION, "away from a key that was not in force"),
    ],
)
def test_a_wrong_rotation_is_told(turn: Turn, rotation: Rotation, sentence: str) -> None:
    assert wrong([TURN], pages(ROTATION)) == []
    assert wrong([turn], pages(rotation)) == [f"init0, block 100: {sentence}"]


def test_two_rotations_at_once_are_told() -> None:
    second = replace(ROTATION, id=2, opened=NOW + 40, block=110)
    assert wrong([], pages(ROTATION, second)) == ["init0: rotation 2 began before 1 was over"]
    assert wrong([], pages(ROTATION, replace(second, opened=NOW + 60))) == []


def test_a_rotation_that_begins_by_itself_while_disarmed_is_told() -> None:
    disarmed = entry(1, EntryKind.ARMING, "disarmed")
    by_alert = entry(2, EntryKind.OPENED, "rotate_signing_key", 1)
    by_order = entry(2, EntryKind.OPENED, "manual", 1)
    rotates = entry(3, EntryKind.DECISION, "rotate", 1)
    assert len(wrong([], pages(entries=(disarmed, by_alert, rotates)))) == 1
    assert wrong([], pages(entries=(disarmed, by_order, rotates))) == []
    armed = entry(1, EntryKind.ARMING, "armed")
    assert wrong([], pages(entries=(disarmed, armed, by_alert, rotates))) == []


def test_a_lost_block_is_told_by_what_ailed_its_host_and_whether_it_could_be_saved() -> None:
    killed = Suffering("alpha", "failure: kill", NOW)
    lost = [
        Empty("init0", int(NOW) + 9, "alpha", fit=False),
        Empty("init0", int(NOW) + 90, "alpha", fit=False),
        Empty("init0", int(NOW) + 90, "beta", fit=True),
        Empty("init0", int(NOW) + 90, "gamma", fit=False),
    ]
    decided = (entry(60, EntryKind.DECISION, "network_wide", 1),)
    assert [cause for _, cause in explained(lost, [killed], pages(entries=decided))] == [
        "failure: kill, too soon to be saved",
        "failure: kill, decided: network_wide",
        "the host was well",
        "the host was not at the head of the chain",
    ]


def test_a_host_that_was_well_when_its_slot_came_lost_it_to_what_hit_it_just_then() -> None:
    slot = Empty("init0", int(NOW) + 9, "alpha", fit=True)
    struck = Suffering("alpha", "failure: kill", NOW + 9.3)
    [(_, cause)] = explained([slot], [struck], NOTHING)
    assert cause == "failure: kill, too soon to be saved"
    [(_, cause)] = explained([slot], [replace(struck, began=NOW, ended=NOW + 8)], NOTHING)
    assert cause == "the host was well"


def test_a_host_loses_the_slot_whose_block_the_others_left_and_those_until_it_leaves_it() -> None:
    orphan = Suffering.of_orphan("alpha", int(NOW))
    slots = [Empty("init0", int(NOW) + later, "alpha", fit=True) for later in (0, 6, 30)]
    assert [cause.split(",")[0] for _, cause in explained(slots, [orphan], NOTHING)] == [
        "orphan",
        "orphan",
        "the host was well",
    ]


def test_a_slot_for_which_the_devnet_came_too_late_is_no_hosts_fault() -> None:
    empty = [Empty("init0", 30, "alpha", fit=True), Empty("init0", 33, "alpha", fit=True)]
    with overslept() as slots:
        logging.getLogger("devnet.network").warning("slot %s stays empty: too late", 30)
        logging.getLogger("devnet.network").warning("something else")
    assert [cause for _, cause in explained(empty, [], NOTHING, slots)] == [
        "this machine was too busy",
        "the host was well",
    ]


def test_a_host_that_is_charged_with_such_a_slot_was_left_for_a_busy_machine() -> None:
    slot = int(TURN.seen) - 9
    lost = explained([Empty("init0", slot, "alpha", fit=True)], [], NOTHING, {slot})
    assert excuse(TURN, [], lost, NOTHING) == BUSY
    assert not excuse(replace(TURN, host="beta"), [], lost, NOTHING)
    assert not excuse(replace(TURN, account="init1"), [], lost, NOTHING)
    assert not excuse(replace(TURN, seen=TURN.seen + 3_600), [], lost, NOTHING)
    assert not excuse(TURN, [], explained([lost[0][0]], [], NOTHING), NOTHING)


def firing(name: str = "ProducerDown") -> dict[str, Any]:
    return {"state": "firing", "labels": {"alertname": name}}


def test_people_must_have_been_told_of_what_fires_for_long() -> None:
    inbox = Inbox(0)
    duty = Duty(inbox, ())
    for later in (0.0, OWED / 2, OWED):
        duty.look([firing(), firing("AlertPathHeartbeat")], later)
    assert list(duty.untold.values()) == ["ProducerDown"]


def test_people_need_not_have_been_told_of_what_is_soon_over_and_were_of_what_came() -> None:
    inbox = Inbox(0)
    duty = Duty(inbox, ())
    duty.look([firing()], 0)
    duty.look([], OWED / 2)
    duty.look([firing()], OWED)
    assert (duty.owed, duty.fired) == (0, {"ProducerDown": 2})
    inbox.note([{"status": "firing", "labels": {"alertname": "ProducerDown"}}])
    duty.look([firing()], 2 * OWED)
    assert (duty.owed, duty.untold) == (1, {})


def test_growth_is_that_within_lives_and_not_between_them() -> None:
    course = Course()
    for life in range(3):
        course.begin()
        for age in range(0, 1200, 10):
            course.add(age, 100 - 20 * life + age / 3600)
    assert course.per_hour() == 1.0
    assert course.first == 100
    assert course.last == pytest.approx(60 + 1190 / 3600)


def test_one_step_of_a_life_is_told_apart_from_growth() -> None:
    course = Course()
    for _ in range(2):
        course.begin()
        for age in range(0, 3600, 10):
            course.add(age, 100 + age / 3600 + 16 * (age >= 1200))
    assert course.per_hour() == pytest.approx(1.0)
    assert course.step == pytest.approx(16, abs=0.1)


def test_what_is_lost_step_by_step_is_growth() -> None:
    course = Course()
    for _ in range(3):
        course.begin()
        for age in range(0, 1500, 10):
            course.add(age, 100 + 4.5 * (age // 300))
    growth = course.per_hour()
    assert growth is not None
    assert growth > 20


def test_growth_of_lives_too_short_to_warm_up_is_not_told() -> None:
    course = Course()
    for age in range(0, 600, 10):
        course.add(age, 100 + age)
    assert course.per_hour() is None
    assert course.step is None


def test_errors_and_tracebacks_in_logs_are_counted() -> None:
    found = Complaints()
    found.read(
        "switcher",
        [
            '{"event": "fine", "level": "info"}\n',
            '{"event": "no journal", "level": "error", "exception": "Traceback (most recent call '
            'last):\\n  boom"}\n',
            "Traceback (most recent call last):\n",
            '{"event": "Future exception was never retrieved", "level": "info"}\n',
        ],
    )
    assert found.errors == {"switcher: no journal": 1}
    assert found.tracebacks == 3


async def test_what_is_no_alert_is_passed_on_and_nothing_is_claimed_of_it() -> None:
    taken = list[bytes]()

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.read())
        return web.Response(status=202)

    application = web.Application()
    application.router.add_post("/alerts", take)
    async with TestServer(application) as server:
        [port] = free_ports(1)
        async with Passage(str(server.make_url("")).rstrip("/"), port) as passage:
            odd: tuple[object, ...] = ([None], {}, ["a"], 1)
            bodies = [json.dumps({"alerts": each}).encode() for each in odd]
            async with httpx.AsyncClient(trust_env=False) as client:
                for body in (b"no JSON", *bodies):
                    answer = await client.post(f"http://{passage.address}/alerts", content=body)
                    assert answer.status_code == 202
    assert taken == [b"no JSON", *bodies]
    assert not passage.ledger.claims
