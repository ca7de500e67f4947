"""Whoever audits the dependencies is never told that all is well where nobody answered."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts import audit
from scripts.audit import Asked, read_answer, report

ROOT = Path(__file__).parent.parent.parent
PINS = frozenset({"h11", "typing-extensions"})
TODAY = date(2026, 11, 22)


def package(name: str, **told: Any) -> dict[str, Any]:
    return {"name": name, "version": "1.0", **told}


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def asked(told: str, trouble: str = "") -> Asked:
    return read_answer(told, trouble, PINS)


def test_all_asked_about_without_a_weakness_is_well() -> None:
    told = answer(package("h11", vulns=[]), package("typing_extensions", vulns=[]))
    status, lines = report({"run.txt": asked(told)}, "of late")
    assert status == audit.NOTHING_KNOWN
    assert lines == [
        "run.txt: 2 of 2 packages could be asked about",
        "No weakness is known of what is locked; of late.",
    ]


@pytest.mark.parametrize(
    ("told", "trouble"),
    [
        ("", "Max retries exceeded"),
        ("", ""),
        ("<html>", ""),
        ("[]", ""),
        ('{"dependencies": []}', ""),
        (answer(package("h11", skip_reason="not there"), package("x", skip_reason="")), ""),
        (answer(package("h11", vulns=[])), ""),
    ],
)
def test_index_that_does_not_answer_is_never_taken_for_no_weaknesses(
    told: str, trouble: str
) -> None:
    status, lines = report({"run.txt": asked(told, trouble)}, "of late")
    assert status == audit.NOT_ASKED
    assert lines[-1] == "NOT AUDITED, so that nothing is known either way; of late."


def test_no_locks_at_all_are_not_audited() -> None:
    assert report({}, "of late")[0] == audit.NOT_ASKED


def test_a_weakness_counts_though_other_packages_are_not_known() -> None:
    found = {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}
    told = answer(package("h11", vulns=[found]))
    status, lines = report({"run.txt": asked(told)}, "of late")
    assert status == audit.WEAK
    assert "  h11 1.0: PYSEC-1, mended in 1.1, 2.0" in lines


def test_what_ends_without_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "pip-audit")

    monkeypatch.setattr(subprocess, "run", gone)
    one = audit.ask(ROOT / "requirements" / "build.txt")
    assert one.answered == 0
    assert "hatchling" in one.unanswered
    assert "pip-audit" in one.why


def test_every_lock_pins_what_can_be_asked_about() -> None:
    locks = sorted(audit.LOCKS.glob("*.txt"))
    assert {"run.txt", "dev.txt", "build.txt"} <= {lock.name for lock in locks}
    for lock in locks:
        pins = re.findall(r"^[^\s#].*", lock.read_text(), re.MULTILINE)
        assert len(audit.pinned(lock)) == len(pins), lock.name


def test_locks_of_more_than_a_quarter_ask_for_newer_ones() -> None:
    noted = f"{TODAY - timedelta(days=91)}\n"
    assert audit.age(noted, TODAY).endswith("do: make lock OPTIONS=--upgrade")
    assert "do:" not in audit.age(f"{TODAY - timedelta(days=90)}\n", TODAY)


def test_the_day_of_the_locks_is_noted() -> None:
    date.fromisoformat(audit.NEWEST.read_text().strip())
    assert str(audit.NEWEST.relative_to(ROOT)) in (ROOT / "scripts" / "lock").read_text()
