"""Findings, alerts and answers as the tests need them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from chains.settings import (
    ChainSettings,
    NodeSettings,
    PeerChainSettings,
    PeerSettings,
    ProducerSettings,
    WitnessSettings,
)
from understudy.doctor.finding import Finding, Level
from understudy.doctor.matching import Labels
from understudy.doctor.prometheus import Rule
from understudy.doctor.raised import alerts_of, subjects_of
from understudy.doctor.shipped import read_shipped

SHIPPED = read_shipped()
WITNESSES = (
    WitnessSettings("init0", (ProducerSettings("alpha", "BTSa"), ProducerSettings("beta", "BTSb"))),
    WitnessSettings("init1", (ProducerSettings("gamma", "BTSc"),)),
)
PEERS = PeerChainSettings(nodes=(PeerSettings("p1", "http://10.0.0.5:5000"),))


def subjects(*witnesses: WitnessSettings, peers: PeerChainSettings | None = PEERS) -> list[Labels]:
    chain = ChainSettings((NodeSettings("eu", "wss://eu.example.org"),), witnesses or WITNESSES)
    return subjects_of(chain, peers)


def shipped_rule(name: str) -> Rule:
    return next(rule for rule in SHIPPED.rules if rule.name == name)


def shipped_alerts() -> list[Labels]:
    rules = [rule for rule in SHIPPED.rules if rule.kind == "alerting"]
    return alerts_of(rules, subjects(), ())


def read(text: str) -> Any:
    return yaml.safe_load(text)


def told(findings: Iterable[Finding], level: Level) -> list[str]:
    return [f"{each.what}: {each.text}" for each in findings if each.level is level]


def failures(findings: Iterable[Finding]) -> list[str]:
    return told(findings, Level.FAILURE)


def warnings(findings: Iterable[Finding]) -> list[str]:
    return told(findings, Level.WARNING)
