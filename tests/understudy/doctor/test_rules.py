"""What an operator is told of rules that Prometheus has loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.settings import Policy
from tests.understudy.doctor.made import SHIPPED, failures, shipped_rule, warnings
from understudy.doctor.finding import Finding, Level
from understudy.doctor.prometheus import Rule
from understudy.doctor.rules import judge_rules
from understudy.doctor.shipped import read_shipped

POLICY = Policy()


def judged(*loaded: Rule, policy: Policy = POLICY) -> list[Finding]:
    names = {rule.name for rule in loaded}
    expected = [rule for rule in SHIPPED.rules if rule.name in names]
    return list(judge_rules(loaded, expected, policy))


def changed(name: str, **changes: Any) -> Rule:
    return shipped_rule(name).model_copy(update=changes)


def with_text(name: str, old: str, new: str) -> Rule:
    expression = shipped_rule(name).expression
    assert old in expression
    return changed(name, expression=expression.replace(old, new))


def with_labels(**labels: str | None) -> Rule:
    merged = {**shipped_rule("ProducerDown").labels, **labels}
    kept = {name: value for name, value in merged.items() if value is not None}
    return changed("ProducerDown", labels=kept)


def test_the_shipped_rules_go_with_the_policys_defaults() -> None:
    findings = list(judge_rules(SHIPPED.rules, SHIPPED.rules, POLICY))
    assert {finding.level for finding in findings} == {Level.OK}
    names = {finding.what.removeprefix("rule ") for finding in findings}
    assert {"WitnessMissingBlocks", "ProducerDown", "ProducerLagging", "ProducerForked"} <= names
    assert "AlertPathHeartbeat" in names


@pytest.mark.parametrize("missing", SHIPPED.rules, ids=lambda rule: rule.name)
def test_a_rule_that_is_not_loaded_is_named(missing: Rule) -> None:
    loaded = [rule for rule in SHIPPED.rules if rule is not missing]
    (text,) = failures(judge_rules(loaded, SHIPPED.rules, POLICY))
    assert text.startswith(f"rule {missing.name}: Prometheus hasn't loaded it; put ")


def test_rules_about_peers_are_wanted_by_those_who_have_some() -> None:
    with_peers, without = (
        {rule.name for rule in read_shipped(peers=p).rules} for p in (True, False)
    )
    assert with_peers - without == {"PeerChainBehind"}


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("WitnessMissingBlocks", "missed_blocks"),
        ("ProducerLagging", "head_lag"),
        ("ProducerForked", "head_lag"),
    ],
)
def test_a_threshold_must_be_the_policys(name: str, figure: str) -> None:
    default = getattr(POLICY, figure)
    rule = with_text(name, f">= {default}", ">= 5")
    (text,) = failures(judged(rule))
    assert text.startswith(f"rule {name}: has >= 5, and switcher.policy.{figure} is {default}:")
    five: Any = {figure: 5}
    (fine,) = judged(rule, policy=replace(POLICY, **five))
    assert fine.level is Level.OK
    assert fine.text == f"has >= 5, as switcher.policy.{figure}"


def test_a_policy_that_the_rules_do_not_follow_is_told() -> None:
    texts = failures(judge_rules(SHIPPED.rules, SHIPPED.rules, Policy(head_lag=4)))
    assert [text.partition(":")[0] for text in texts] == [
        "rule ProducerLagging",
        "rule ProducerForked",
    ]


@pytest.mark.parametrize("expression", ["> 2", "== 3", ">= scalar(limit)", ""])
def test_a_threshold_that_cannot_be_read_is_told_as_another_rule(expression: str) -> None:
    (text,) = failures(judged(with_text("WitnessMissingBlocks", ">= 3", expression)))
    assert "asks 'max by (witness, signing_key)" in text
    assert "load that one" in text


def test_white_space_is_no_difference() -> None:
    rule = with_text("ProducerDown", " ", "\n  ")
    assert {each.level for each in judged(rule)} == {Level.OK}


FAILURES = [
    (with_text("ProducerDown", "_up[", "_upp["), "asks 'max by"),
    (with_text("producer:head_lag:blocks", "[6s]", "[1m]"), "[1m]"),
    (changed("ProducerDown", health="err", last_error="many-to-many"), "(many-to-many)"),
    (with_labels(action=None), 'lacks the label action="rotate_signing_key"'),
    (with_labels(action="page"), 'lacks the label action="rotate_signing_key"'),
    (with_labels(witness="init7"), 'sets the label witness="init7" itself'),
    (with_labels(value="{{ $value }}"), "another alert at each new value"),
]

WARNINGS = [
    (with_labels(severity="page"), 'has severity="page" instead of "critical"'),
    (with_labels(severity=None), 'lacks the label severity="critical"'),
    (with_labels(team="night"), 'has the label team="night"'),
    (changed("ProducerDown", hold=10.0), "waits 10 s before it fires (shipped: 8 s)"),
    (changed("ProducerDown", hold=14.0), "switcher.policy.preempt_after is 13"),
    (changed("ProducerDown", hold=0.0), "waits only 0 s before it fires (shipped: 8 s)"),
    (changed("WitnessMissingBlocks", hold=5.0), "waits 5 s before it fires (shipped: 0 s)"),
    (changed("PeerChainBehind", hold=30.0), "the switcher is called that much later"),
    (changed("ProducerDown", kept=60.0), "fires on for 60 s when its reason is gone"),
    (changed("ProducerDown", interval=15.0), "an alert comes up to 13 s later"),
]


@pytest.mark.parametrize(("rule", "expected"), FAILURES, ids=[text for _, text in FAILURES])
def test_what_spoils_a_rule_is_a_failure(rule: Rule, expected: str) -> None:
    findings = judged(rule)
    assert warnings(findings) == []
    (text,) = failures(findings)
    assert text.startswith(f"rule {rule.name}: ")
    assert expected in text


@pytest.mark.parametrize(("rule", "expected"), WARNINGS, ids=[text for _, text in WARNINGS])
def test_what_costs_time_or_surprises_is_a_warning(rule: Rule, expected: str) -> None:
    findings = judged(rule)
    assert failures(findings) == []
    (text,) = warnings(findings)
    assert text.startswith(f"rule {rule.name}: ")
    assert expected in text


def test_a_longer_wait_is_fine_with_a_policy_that_allows_it_but_still_told() -> None:
    rule = changed("ProducerDown", hold=20.0)
    (text,) = warnings(judged(rule, policy=Policy(preempt_after=30)))
    assert "waits 20 s before it fires (shipped: 8 s)" in text


def test_quicker_evaluation_is_no_difference() -> None:
    assert {each.level for each in judged(changed("ProducerDown", interval=1.0))} == {Level.OK}


def test_each_of_two_copies_is_judged() -> None:
    good, bad = shipped_rule("ProducerDown"), changed("ProducerDown", interval=15.0)
    assert [each.level for each in judged(good, bad)] == [Level.OK, Level.WARNING]
