"""What an operator is told when the switcher can't be asked, or says no."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chains.settings import WitnessSettings
from switcher.settings import SwitcherSettings
from tests.understudy.canned import HANG_UP, Canned
from tests.understudy.commands import CommandLine
from tests.understudy.orders.answers import (
    COURSE,
    JOURNAL_AT,
    ORDER_AT,
    PLAN,
    PLAN_AT,
    STATUS,
    page,
)
from tests.understudy.orders.change import change
from understudy.commands.handover import Handover
from understudy.config import load
from understudy.errors import CommandError
from understudy.operate.client import Kind, address_of
from understudy.operate.follow import Order


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
    assert dict(switcher.asked)[ORDER_AT] == {
        "witness": "init0",
        "why": "new disk",
        "to": "beta",
        "instead_of": PLAN["signing_key"],
    }
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
        Handover(replace(followed[0], kind=kind), followed[1]).carry_out(
            ask_first=True, as_json=False
        )
    assert capsys.readouterr().err.startswith(f"{question} [y/N]:")


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
    change(config, listen=listen, behind_proxy=True)
    settings: SwitcherSettings = load(config).needed_switcher()
    assert address_of(settings) == address
