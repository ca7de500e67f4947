"""What an operator is told when the switcher can't be asked, or says no."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from chains.settings import WitnessSettings
from switcher.settings import SwitcherSettings
from tests.understudy.canned import HANG_UP, Canned, canned
from tests.understudy.commands import CommandLine
from understudy.commands.ordering import carry_out
from understudy.config import load
from understudy.errors import CommandError, SwitcherGoneError
from understudy.operate.client import Kind, SwitcherClient, address_of
from understudy.operate.follow import Order

PLAN: dict[str, Any] = {
    "witness": "init0",
    "signing_key": "BTS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV",
    "on_air": "alpha",
    "route": ["beta"],
    "back": None,
    "slots": [],
    "round_seconds": 81,
    "core_symbol": "BTS",
    "fee": 20.0,
    "balance": 1_234_567.5,
    "updates": 1,
    "may_sign": True,
    "planned": None,
    "objections": [],
    "refusal": None,
}
STATUS: dict[str, Any] = {
    "now": 1_000.0,
    "alert_path": "ok",
    "quorum": "",
    "heartbeat": None,
    "heartbeat_age": None,
    "dry_run": False,
    "chain": {"head_block": None, "head_time": None, "irreversible_block": None},
    "nodes": [],
    "witnesses": [],
    "unknown_witnesses": [],
}
ORDERED = {"incident": 7, "witness": "init0", "route": ["beta"]}
PLAN_AT, ORDER_AT, JOURNAL_AT = "/api/rotate/plan", "/api/rotate", "/api/journal"


@pytest.fixture
def switcher() -> Iterator[Canned]:
    with canned() as can:
        can.answers = {PLAN_AT: [(200, PLAN)], ORDER_AT: [(202, ORDERED)]}
        yield can


@pytest.fixture
def config(config: Path, switcher: Canned) -> Path:
    """Return a configuration whose switcher is the canned one."""
    change(config, listen=switcher.address, client_token_file="operator-token")
    token = config.parent / "operator-token"
    token.touch(mode=0o600)
    token.write_text("a-token\n")
    return config


def change(config: Path, **values: Any) -> None:
    document = yaml.safe_load(config.read_text())
    document["switcher"] = {
        name: value
        for name, value in {**document["switcher"], **values}.items()
        if value is not None
    }
    config.write_text(yaml.safe_dump(document))


def entry(number: int, kind: str, value: str, sentence: str = "", **details: Any) -> dict[str, Any]:
    about = {"incident": 7, "rotation": 1 if kind == "step" else None}
    told = {"kind": kind, "value": value, "sentence": sentence, "details": details}
    return {"id": number, "time": 1_000.0 + number, "witness": "init0", **about, **told}


def page(*entries: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"entries": list(reversed(entries)), "before": None}


COURSE = (
    entry(1, "opened", "manual", "you wants beta on air"),
    entry(2, "step", "broadcast", producer="beta", transaction_id="ab" * 20),
    entry(3, "step", "in_block", "block 70 holds it", block=70),
    entry(4, "step", "on_air", "beta signed a block"),
    entry(5, "ended", "on_air", "beta is on air"),
)


@pytest.mark.parametrize("command", ["rotate", "drill"])
def test_without_a_terminal_nothing_is_asked(
    run: CommandLine, config: Path, switcher: Canned, command: str
) -> None:
    result = run(command, "init0", "--config", str(config))
    assert result.status == 2
    assert "There is no terminal to ask you on; --yes says that you mean it." in result.err
    assert switcher.asked == []


def test_arming_without_a_terminal_needs_a_yes(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    result = run("arm", "--why", "x", "--config", str(config))
    assert result.status == 2
    assert "--yes says that you mean it" in result.err
    assert switcher.asked == []


@pytest.mark.parametrize(
    "words",
    [("rotate", "init9", "--yes"), ("drill", "init9", "--yes"), ("disarm", "init9", "--why", "x")],
)
def test_a_witness_that_is_not_configured_is_wrong_use(
    run: CommandLine, config: Path, switcher: Canned, words: tuple[str, ...]
) -> None:
    result = run(*words, "--config", str(config))
    assert result.status == 2
    assert "There is no witness 'init9' in" in result.err
    assert switcher.asked == []


@pytest.mark.parametrize("words", [("arm",), ("arm", "init0", "--yes"), ("disarm", "init0")])
@pytest.mark.parametrize("why", ["", " "])
def test_arming_and_disarming_for_no_reason_is_wrong_use(
    run: CommandLine, config: Path, switcher: Canned, words: tuple[str, ...], why: str
) -> None:
    result = run(*words, "--why", why, "--config", str(config))
    assert result.status == 2
    assert "--why needs a text." in result.err
    assert switcher.asked == []


def test_a_producer_that_is_not_configured_is_wrong_use(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    result = run("rotate", "init0", "--to", "delta", "--yes", "--config", str(config))
    assert result.status == 2
    assert "init0 has no producer 'delta'" in result.err
    assert "only: alpha, beta." in result.err
    assert switcher.asked == []


def test_a_configuration_without_a_token_to_show_says_how_to_make_one(
    run: CommandLine, config: Path
) -> None:
    change(config, client_token_file=None)
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 2
    assert "switcher.client_token_file: is missing" in result.err
    assert "understudy token new --scope operate --name you" in result.err


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (None, 0, "operator-token can't be read: No such file or directory."),
        ("a-token", 0o644, "operator-token is open to others than its owner (mode 0644)"),
        ("", 0o600, "operator-token holds no token; make one with"),
        ("a token\nand more", 0o600, "operator-token holds no token; make one with"),
    ],
    ids=["missing", "open", "empty", "more"],
)
def test_a_token_file_that_cannot_be_used_is_told(
    run: CommandLine, config: Path, text: str | None, mode: int, why: str
) -> None:
    file = config.parent / "operator-token"
    file.unlink()
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    result = run("disarm", "--why", "x", "--config", str(config))
    assert result.status == 1
    assert why in result.err


def test_a_switcher_that_is_not_there_is_told(run: CommandLine, config: Path) -> None:
    change(config, listen="127.0.0.1:9")
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 1
    assert result.err.startswith("understudy: No switcher answers at http://127.0.0.1:9 (")
    assert "start it with `understudy switcher`, or correct switcher.listen" in result.err


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((401, {"detail": "This token is not known."}), "The switcher does not know the token in "),
        (
            (403, {"detail": "This needs the scope operate, the token has read."}),
            "is not good for that. This needs the scope operate, the token has read. Make one with",
        ),
        ((404, {"detail": "Not Found"}), "does not answer /api/rotate/plan as a switcher of this"),
        (
            (404, {"detail": "There is no witness 'init0' in the configuration, only: w."}),
            "only: w. The switcher runs with another configuration: restart it.",
        ),
        ((409, {"detail": "beta is on air for init0 already."}), "beta is on air for init0 alr"),
        (
            (422, {"detail": [{"loc": ["body", "why"], "msg": "Too long", "type": "x"}]}),
            "The switcher can't take this: why: too long.",
        ),
        ((503, {"detail": "The journal can't be used at present."}), "The journal can't be used"),
        ((500, "Internal Server Error"), "The switcher answered /api/rotate/plan with status 500."),
        ((200, "<html>"), "does not answer /api/rotate/plan as a switcher of this version does."),
        ((200, {"witness": "init0"}), "as a switcher of this version does."),
        (HANG_UP, "did not answer /api/rotate/plan ("),
    ],
)
def test_every_answer_that_is_none_becomes_a_sentence(
    run: CommandLine, config: Path, switcher: Canned, answer: tuple[int, Any], why: str
) -> None:
    switcher.answers[PLAN_AT] = [answer]
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 1
    assert why in result.err
    assert result.err.startswith("understudy: ")
    told = run("rotate", "init0", "--yes", "--json", "--config", str(config))
    assert why in json.loads(told.out)["sentence"]
    assert [path for path, _ in switcher.asked] == [PLAN_AT, PLAN_AT]


def test_what_the_plan_refuses_is_not_asked_for(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    refusal = "Refused (dry_run): this is a dry run; would rotate to beta."
    objection = {"decision": "dry_run", "sentence": "this is a dry run"}
    switcher.answers[PLAN_AT] = [(200, PLAN | {"refusal": refusal, "objections": [objection]})]
    result = run("rotate", "init0", "--yes", "--config", str(config))
    assert result.status == 1
    assert "against  dry_run: this is a dry run" in result.out
    assert "all well" not in result.out
    assert result.err == f"understudy: {refusal}\n"
    assert [path for path, _ in switcher.asked] == [PLAN_AT]


def test_what_was_shown_is_what_is_ordered(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    switcher.answers[JOURNAL_AT] = [page(*COURSE)]
    result = run("rotate", "init0", "--why", "new disk", "--yes", "--json", "--config", str(config))
    assert result.status == 0
    assert dict(switcher.asked)[ORDER_AT] == {"witness": "init0", "why": "new disk", "to": "beta"}
    assert json.loads(result.out) == {
        "rotated": True,
        "witness": "init0",
        "from": "alpha",
        "to": "beta",
        "incident": 7,
        "ending": "on_air",
        "sentence": "beta is on air",
        "transaction_id": "ab" * 20,
        "block": 70,
    }


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


@pytest.fixture
def followed(
    config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Order, WitnessSettings]]:
    """Return an order whose clock is a second later each time it is looked at, and its ring."""
    monkeypatch.setattr("understudy.operate.follow._LOOK_EVERY", 0)
    read, seconds = load(config), itertools.count()
    with SwitcherClient.of(read) as client:
        order = Order(client, "rotate", {"witness": "init0"}, clock=lambda: float(next(seconds)))
        yield order, read.chain.witnesses[0]


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
        carry_out(order, ring, ask_first=False, as_json=False)
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
    carry_out(order, ring, ask_first=False, as_json=False)
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
        carry_out(order, ring, ask_first=False, as_json=False)
    assert str(stopped.value) == f"You stopped watching; order 7 goes on. {advice}"


@pytest.mark.parametrize(
    ("kind", "question"),
    [("rotate", "Put beta on air for init0?"), ("drill", "Drill init0?")],
)
def test_the_question_names_nobody_whom_a_drill_may_pass_over(
    followed: tuple[Order, WitnessSettings],
    switcher: Canned,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: Kind,
    question: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    switcher.answers["/api/drill/plan"] = [(200, PLAN)]
    switcher.answers["/api/status"] = [(200, STATUS)]
    with pytest.raises(CommandError, match=r"^Nothing was done\.$"):
        carry_out(replace(followed[0], kind=kind), followed[1], ask_first=True, as_json=False)
    assert capsys.readouterr().err.startswith(f"{question} [y/N]:")


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
            entry(8, "step", "on_air", "alpha signed a block"),
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


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("0.0.0.0:9878", "http://127.0.0.1:9878"),
        ("[::]:9878", "http://[::1]:9878"),
        ("[::1]:80", "http://[::1]:80"),
        ("10.0.0.7:9878", "http://10.0.0.7:9878"),
    ],
)
def test_the_switcher_is_asked_where_it_listens(config: Path, listen: str, address: str) -> None:
    change(config, listen=listen)
    settings: SwitcherSettings = load(config).needed_switcher()
    assert address_of(settings) == address
