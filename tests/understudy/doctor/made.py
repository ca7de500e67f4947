"""Findings, alerts and answers as the tests need them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from chains.settings import ProducerSettings, WitnessSettings
from understudy.doctor.finding import Finding, Level
from understudy.doctor.matching import Labels
from understudy.doctor.prometheus import Rule
from understudy.doctor.raised import alerts_of
from understudy.doctor.shipped import read_shipped

SHIPPED = read_shipped()
WITNESSES = (
    WitnessSettings("init0", (ProducerSettings("alpha", "BTSa"), ProducerSettings("beta", "BTSb"))),
    WitnessSettings("init1", (ProducerSettings("gamma", "BTSc"),)),
)


def shipped_rule(name: str) -> Rule:
    return next(rule for rule in SHIPPED.rules if rule.name == name)


def shipped_alerts() -> list[Labels]:
    rules = [rule for rule in SHIPPED.rules if rule.kind == "alerting"]
    return alerts_of(rules, WITNESSES, ())


def read(text: str) -> Any:
    return yaml.safe_load(text)


def told(findings: Iterable[Finding], level: Level) -> list[str]:
    return [f"{each.what}: {each.text}" for each in findings if each.level is level]


def failures(findings: Iterable[Finding]) -> list[str]:
    return told(findings, Level.FAILURE)


def warnings(findings: Iterable[Finding]) -> list[str]:
    return told(findings, Level.WARNING)
