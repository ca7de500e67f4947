"""The rules, judged by the real promtool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from switcher.model import Decision, Outcome
from switcher.resolving.model import ResolveDecision, ResolveOutcome
from switcher.settings import Policy

from .tools import FOLDER, REPOSITORY, run

RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*.yml"))


def _groups(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return found


def _alerts(path: Path) -> list[dict[str, Any]]:
    return [rule for group in _groups(path) for rule in group["rules"] if "alert" in rule]


ALERTS = [pytest.param(path, rule, id=rule["alert"]) for path in RULES for rule in _alerts(path)]


ACCUSED = {"rotate_signing_key": r"signing_key\)", "resolve_chain": r"^max by \(node\)|by \(peer\)"}
"""What the alerts of an action tell apart."""


def _expectations(name: str) -> list[list[object]]:
    """Return what every unit test expects of an alert, as lists of alerts that fire."""
    found = []
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                if case["alertname"] == name:
                    found.append(case["exp_alerts"])
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_promtool_accepts_the_rules(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "check", "rules", path)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_fire_and_are_silent_when_they_should(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", path)


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


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_have_intervals_of_their_own_whatever_the_rest_is(path: Path) -> None:
    for group in _groups(path):
        if path.stem == "dashboards":
            assert group["interval"]  # nobody is called upon them
        else:
            assert group["interval"] == ("2s" if group["name"].endswith("actions") else "5s")


def test_what_is_counted_between_two_evaluations_is_counted_once() -> None:
    (stages,) = (
        group
        for group in _groups(FOLDER / "rules" / "dashboards.yml")
        if group["name"].endswith("stages")
    )
    counted = [re.search(r"increase\(\w+\[(\w+)]\)", rule["expr"]) for rule in stages["rules"]]
    assert {found[1] for found in counted if found} == {stages["interval"]}


def test_every_figure_for_the_dashboards_has_a_case() -> None:
    recorded = {
        rule["record"]
        for group in _groups(FOLDER / "rules" / "dashboards.yml")
        for rule in group["rules"]
    }
    cases = yaml.safe_load((FOLDER / "tests" / "dashboards.yml").read_text())["tests"]
    asked = " ".join(case["expr"] for test in cases for case in test["promql_expr_test"])
    assert {name for name in recorded if name not in asked} == set()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_only_rules_that_accuse_somebody_act(path: Path) -> None:
    for group in _groups(path):
        for rule in (rule for rule in group["rules"] if "alert" in rule):
            if group["name"].endswith("actions"):
                assert rule["labels"]["severity"] == "critical"
                assert re.search(ACCUSED[rule["labels"]["action"]], rule["expr"])
            else:
                assert "action" not in rule["labels"]


@pytest.mark.parametrize("name", ["ProducerDown", "ProducerLagging", "ProducerForked"])
def test_a_host_is_accused_in_time_and_bridging_one_scrape_that_fails(name: str) -> None:
    (rule,) = (rule for rule in _alerts(FOLDER / "rules" / "actions.yml") if rule["alert"] == name)
    assert rule["for"] == "8s"
    ranges = set(re.findall(r"\[(.+?)\]", rule["expr"]))
    assert ranges == {"6s"}  # three scrapes of 2 s


def test_the_thresholds_are_those_of_the_policy() -> None:
    policy = Policy()
    thresholds = {
        rule["alert"]: [int(figure) for figure in re.findall(r">= (\d+)", rule["expr"])]
        for rule in _alerts(FOLDER / "rules" / "actions.yml")
    }
    assert thresholds == {
        "WitnessMissingBlocks": [policy.missed_blocks],
        "ProducerDown": [],
        "ProducerLagging": [policy.head_lag],
        "ProducerForked": [policy.head_lag],
        "NodeForked": [],
    }


def test_every_decision_either_calls_a_person_or_is_known_to_need_none() -> None:
    needs_none = {
        Decision.ROTATE,
        Decision.RESOLVED,
        Decision.SUPERSEDED,
        Decision.NOT_CORROBORATED,
        Decision.UNKNOWN_WITNESS,
        Decision.NOT_YET,
        Decision.STOPPED_BY_OWNER,
        Decision.DRY_RUN,
    }
    assert _told("rotations", "RotationHeld", "decision") == sorted({*Decision} - needs_none)


def test_every_outcome_is_either_told_as_a_failure_or_a_step_that_went_well() -> None:
    went_well = {Outcome.BROADCAST, Outcome.IN_BLOCK, Outcome.IRREVERSIBLE, Outcome.ON_AIR}
    assert _told("rotations", "RotationFailed", "outcome") == sorted({*Outcome} - went_well)


def test_every_decision_about_a_chain_calls_a_person_or_is_known_to_need_none() -> None:
    needs_none = {
        ResolveDecision.RESOLVE,
        ResolveDecision.REPORT,
        ResolveDecision.NOT_CORROBORATED,
        ResolveDecision.EQUAL_LENGTH,
        ResolveDecision.DRY_RUN,
    }
    told = _told("resolutions", "ResolutionHeld", "decision")
    assert told == sorted({*ResolveDecision} - needs_none)


def test_every_outcome_of_resolving_is_told_as_a_failure_or_went_well() -> None:
    went_well = {
        ResolveOutcome.PINNED,
        ResolveOutcome.ADOPTED,
        ResolveOutcome.ASKED,
        ResolveOutcome.CONVERGED,
        ResolveOutcome.MOVED,
    }
    told = _told("resolutions", "ResolutionFailed", "outcome")
    assert told == sorted({*ResolveOutcome} - went_well)


def _told(file: str, alert: str, label: str) -> list[str]:
    """Return the values of a label that the rules of an alert ask for."""
    rules = [r for r in _alerts(FOLDER / "rules" / f"{file}.yml") if r["alert"] == alert]
    asked = [re.findall(rf'{label}=~?"([a-z_|]+)"', rule["expr"]) for rule in rules]
    return sorted(value for found in asked for values in found for value in values.split("|"))
