"""The rules, judged by the real promtool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .tools import FOLDER, REPOSITORY, run

RULES = sorted((FOLDER / "rules").glob("*.yml"))


def _alerts(path: Path) -> list[dict[str, Any]]:
    groups = yaml.safe_load(path.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [pytest.param(path, rule, id=rule["alert"]) for path in RULES for rule in _alerts(path)]


def _expectations(name: str) -> list[list[object]]:
    """Return what every unit test expects of an alert, as lists of alerts that fire."""
    found = []
    for path in (FOLDER / "tests").glob("*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                if case["alertname"] == name:
                    found.append(case["exp_alerts"])
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_promtool_accepts_the_rules(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "check", "rules", path)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_rules_fire_and_are_silent_when_they_should(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", FOLDER / "tests" / path.name)


@pytest.mark.parametrize(("path", "rule"), ALERTS)
def test_every_rule_has_a_firing_and_a_silent_case(path: Path, rule: dict[str, Any]) -> None:
    expected = _expectations(rule["alert"])
    assert any(expected), "no case where it fires"
    if rule["alert"] != "AlertPathHeartbeat":  # it is never silent
        assert [] in expected, "no case where it is silent"


@pytest.mark.parametrize(("path", "rule"), ALERTS)
def test_every_alert_tells_a_woken_operator_what_to_do(path: Path, rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert "{{" not in rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    runbook = REPOSITORY / rule["annotations"]["runbook_url"]
    assert runbook.read_text().startswith(f"# {rule['alert']}\n")


def test_every_runbook_belongs_to_an_alert() -> None:
    pages = {page.stem for page in (REPOSITORY / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for path in RULES for rule in _alerts(path)}


def test_the_plain_rule_is_the_one_that_the_plan_fixes() -> None:
    rule = next(r for r in _alerts(FOLDER / "rules" / "actions.yml"))
    assert rule["expr"] == (
        "max by (witness, signing_key) (bitshares_witness_recent_missed_blocks) >= 3"
    )
    assert "for" not in rule
    assert rule["labels"] == {"severity": "critical", "action": "rotate_signing_key"}


@pytest.mark.parametrize(("path", "rule"), ALERTS)
def test_only_rules_that_accuse_a_key_act(path: Path, rule: dict[str, Any]) -> None:
    if "action" in rule["labels"]:
        assert path.name == "actions.yml"
        assert "signing_key" in rule["expr"]
