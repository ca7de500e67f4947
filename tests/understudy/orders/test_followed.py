"""How an order that is given is followed, whatever becomes of the switcher meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chains.settings import WitnessSettings
from tests.understudy.canned import HANG_UP, Canned
from tests.understudy.commands import CommandLine
from tests.understudy.orders.answers import COURSE, JOURNAL_AT, ORDERED, PLAN, STATUS, entry, page
from tests.understudy.orders.change import change
from understudy.commands.handover import Handover
from understudy.config import load
from understudy.errors import CommandError, SwitcherGoneError
from understudy.operate.client import Kind, SwitcherClient
from understudy.operate.follow import Order


def test_an_order_is_followed_through_a_restart_of_the_switcher(
    run: CommandLine, config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.operate.follow._LOOK_EVERY", 0.01)
    gone = [HANG_UP] * 3
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:2]), *gone, page(*COURSE[:3]), page(*COURSE)]
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 0
    assert [line.split()[2] for line in result.out.splitlines() if " UTC " in line] == [
        "ordered",
        "broadcast",
        "in_block",
        "on_air",
        "ended:",
    ]


def test_a_switcher_that_stays_away_is_given_up(
    run: CommandLine, config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.operate.follow._LOOK_EVERY", 0.01)
    monkeypatch.setattr("understudy.operate.follow._PATIENCE", 0.1)
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:2]), HANG_UP]
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 1
    assert "did not answer /api/journal" in result.err


STILL_TRYING = "The switcher does not answer; still trying, it forgets no order."


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        (COURSE[:1], "not sent yet"),
        (COURSE[:2], f"sent as transaction {'ab' * 20}"),
        (COURSE[:3], f"in block 70 as transaction {'ab' * 20}"),
        (
            (*COURSE[:2], entry(3, "step", "expired")),
            f"sent as transaction {'ab' * 20}, which expired or was refused",
        ),
    ],
)
def test_a_switcher_that_goes_away_is_told_once_and_the_order_is_left_open(
    followed: tuple[Order, WitnessSettings],
    switcher: Canned,
    capsys: pytest.CaptureFixture[str],
    told: tuple[dict[str, Any], ...],
    reached: str,
) -> None:
    order, ring = followed
    switcher.answers[JOURNAL_AT] = [page(*told), HANG_UP]
    with pytest.raises(SwitcherGoneError) as gone:
        Handover(order, ring).carry_out(ask_first=False, as_json=False)
    assert capsys.readouterr().out.count(STILL_TRYING) == 1
    assert str(gone.value).endswith(
        f"). Order 7 was {reached} when the switcher last answered; its outcome is unknown here. "
        "The switcher follows it up once it is started."
    )
    assert "switcher.listen" not in str(gone.value)


@pytest.mark.parametrize(("failures", "remarks"), [(1, 0), (2, 0), (9, 1)])
def test_a_short_silence_of_the_switcher_is_not_worth_a_word(
    followed: tuple[Order, WitnessSettings],
    switcher: Canned,
    capsys: pytest.CaptureFixture[str],
    failures: int,
    remarks: int,
) -> None:
    order, ring = followed
    gone = [HANG_UP] * failures
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:2]), *gone, page(*COURSE)]
    Handover(order, ring).carry_out(ask_first=False, as_json=False)
    assert capsys.readouterr().out.count(STILL_TRYING) == remarks
    assert order.course.over


def test_a_switcher_that_refuses_the_connection_does_not_have_its_address_doubted(
    followed: tuple[Order, WitnessSettings], switcher: Canned, config: Path
) -> None:
    order, _ = followed
    order.give()
    change(config, listen="127.0.0.1:9")
    with SwitcherClient.of(load(config)) as nobody, pytest.raises(SwitcherGoneError) as gone:
        list(replace(order, client=nobody).news(lambda _: None))
    assert str(gone.value).startswith("No switcher answers at http://127.0.0.1:9 (")
    assert "). Order 7 was not sent yet when" in str(gone.value)
    assert "switcher.listen" not in str(gone.value)


def test_a_drill_that_is_left_open_tells_of_its_last_update(
    followed: tuple[Order, WitnessSettings], switcher: Canned
) -> None:
    order = replace(followed[0], kind="drill", incident=7)
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:3]), HANG_UP]
    with pytest.raises(SwitcherGoneError, match="The last update of order 7 was in block 70 as"):
        list(order.news(lambda _: None))


DISARM = "`understudy disarm init0 --why TEXT`"
TO_BE_ENDED = f"As long as nothing is sent, {DISARM} ends it."
SENT = "It is sent and takes its course."
DRILLED = f"{DISARM} ends it after the update under way; the witness then stays where it is."


@pytest.mark.parametrize(
    ("kind", "told", "advice"),
    [
        ("rotate", COURSE[:1], TO_BE_ENDED),
        ("rotate", COURSE[:2], SENT),
        ("rotate", COURSE[:4], SENT),
        ("rotate", (*COURSE[:2], entry(3, "step", "expired")), TO_BE_ENDED),
        ("drill", COURSE[:1], DRILLED),
        ("drill", COURSE[:3], DRILLED),
    ],
)
def test_who_stops_watching_is_told_what_still_ends_the_order(
    followed: tuple[Order, WitnessSettings],
    switcher: Canned,
    kind: Kind,
    told: tuple[dict[str, Any], ...],
    advice: str,
) -> None:
    def interrupted_at_the_second_look() -> float:
        if order.entries:
            raise KeyboardInterrupt
        return 0.0

    ring = followed[1]
    order = replace(followed[0], kind=kind, clock=interrupted_at_the_second_look)
    switcher.answers["/api/drill/plan"] = [(200, PLAN)]
    switcher.answers["/api/drill"] = [(202, ORDERED)]
    switcher.answers["/api/status"] = [(200, STATUS)]
    switcher.answers[JOURNAL_AT] = [page(*told)]
    with pytest.raises(CommandError) as stopped:
        Handover(order, ring).carry_out(ask_first=False, as_json=False)
    assert str(stopped.value) == f"You stopped watching; order 7 goes on. {advice}"


@pytest.mark.parametrize(
    "last",
    [
        (
            entry(6, "step", "accused", "beta missed its first slot"),
            entry(7, "decision", "disarmed", "init0 is disarmed; would rotate to alpha"),
        ),
        (entry(6, "ended", "cancelled", "init0 was disarmed by you"),),
        (
            entry(6, "step", "accused", "beta missed its first slot"),
            entry(7, "step", "broadcast", producer="alpha", transaction_id="cd" * 20),
            entry(8, "step", "on_air", "alpha signed block 1251"),
            entry(9, "ended", "on_air", "alpha is on air"),
        ),
    ],
    ids=["never signed", "cancelled", "somebody else"],
)
def test_an_order_that_did_not_put_that_host_on_air_has_failed(
    run: CommandLine, config: Path, switcher: Canned, last: tuple[dict[str, Any], ...]
) -> None:
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:3], *last)]
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 1
    assert result.err == "understudy: beta was not put on air.\n"
    assert last[-1]["sentence"] in result.out
