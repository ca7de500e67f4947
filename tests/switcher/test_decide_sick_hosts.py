"""What the switcher makes of a host that its own endpoint tells to be sick."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.decide import decide
from switcher.hosts import Condition, Host
from switcher.model import Decision
from switcher.moment import LEAD
from switcher.settings import Policy
from tests.switcher.made import AWAY, GUILTY, NOW, NULL, POLICY, RING, SICK, own, unsure


def sick(**changes: Any) -> Host:
    return replace(AWAY, **changes)


EARLY = {"slots": own(1_080)}
SICK_CASES: dict[str, tuple[Decision, dict[str, Any]]] = {
    "away for long, its slot near": (Decision.ROTATE, {}),
    "away for long, its slot far": (Decision.NOT_YET, EARLY),
    "away for a moment": (
        Decision.NOT_YET,
        {"host": sick(lacks_since=NOW - 12)},
    ),
    "lacks no block yet": (Decision.NOT_YET, {"host": sick(lacks_since=None)}),
    "on a fork or behind": (Decision.ROTATE, {"host": sick(condition=Condition.ASTRAY)}),
    "well again": (Decision.NOT_CORROBORATED, {"host": sick(condition=Condition.WELL)}),
    "nothing known of it": (
        Decision.NOT_CORROBORATED,
        {"host": sick(condition=Condition.UNWATCHED)},
    ),
    "its endpoint is away, but it signs": (
        Decision.NOT_CORROBORATED,
        {"host": sick(signed_since=True)},
    ),
    "lagging only, and it is unreachable": (
        Decision.NOT_CORROBORATED,
        {"host": sick(preempt="lagging")},
    ),
    "lagging only, and it lags": (
        Decision.ROTATE,
        {"host": sick(preempt="lagging", condition=Condition.ASTRAY)},
    ),
    "never before a miss": (Decision.NOT_CORROBORATED, {"host": sick(preempt="never")}),
    "not active, so that it has no slot": (Decision.NOT_CORROBORATED, {"slots": own()}),
    "one miss and unreachable": (
        Decision.ROTATE,
        {"misses": 1, "host": sick(preempt="lagging")},
    ),
    "a slot that the shuffle may give it": (
        Decision.ROTATE,
        {"slots": unsure(1_006, 1_009), "host": sick(lacks_since=NOW - 19.5)},
    ),
    "a slot that the shuffle may give it, away for less long": (
        Decision.NOT_YET,
        {"slots": unsure(1_006, 1_009), "host": sick(lacks_since=NOW - 18)},
    ),
    "one miss and away for a moment": (
        Decision.NOT_YET,
        {"misses": 1, "host": sick(lacks_since=NOW - 3)},
    ),
    "one miss, never to be preempted": (
        Decision.ROTATE,
        {"misses": 1, "host": sick(preempt="never")},
    ),
    "one miss, its slot far": (Decision.NOT_YET, {"misses": 1, **EARLY}),
    "one miss, though it signed before": (
        Decision.ROTATE,
        {"misses": 1, "host": sick(signed_since=True)},
    ),
    "one miss, and it has signed since": (
        Decision.NOT_CORROBORATED,
        {"misses": 1, "recovered": True, "host": sick(signed_since=True)},
    ),
    "one miss of a host that is well": (
        Decision.NOT_CORROBORATED,
        {"misses": 1, "host": sick(condition=Condition.WELL)},
    ),
    "three misses are enough at once": (Decision.ROTATE, {"misses": 3, **EARLY}),
    "others miss as well": (Decision.NETWORK_WIDE, {"participation": 0.5}),
    "no backup is told before the time": (
        Decision.NO_BACKUP_READY,
        {"ring": RING[:1], **EARLY},
    ),
    "disarmed, in time": (Decision.DISARMED, {"permitted": False, **EARLY}),
    "budget spent, in time": (Decision.BUDGET_SPENT, {"spent": 6, **EARLY}),
    "cooling down, but not any more by then": (
        Decision.NOT_YET,
        {"last_rotation": NOW - 1, **EARLY},
    ),
    "still cooling down by then": (
        Decision.COOLING_DOWN,
        {"last_rotation": NOW - 1, "slots": own(1_020)},
    ),
    "disarmed, when it is due": (Decision.DISARMED, {"permitted": False}),
}


@pytest.mark.parametrize(("word", "changes"), SICK_CASES.values(), ids=list(SICK_CASES))
def test_sick_host(word: Decision, changes: dict[str, Any]) -> None:
    assert decide(replace(SICK, **changes), POLICY, NOW).decision is word


def test_plan_names_its_time() -> None:
    ruling = decide(replace(SICK, slots=own(1_080)), POLICY, NOW)
    assert ruling.planned == pytest.approx(1_080 - 3 - LEAD)
    assert "beta takes over at 00:17:55 UTC unless it comes back" in ruling.sentence


def test_what_would_hold_a_planned_rotation_is_told_at_once_and_for_when() -> None:
    ruling = decide(replace(SICK, slots=own(1_080), permitted=False), POLICY, NOW)
    assert ruling.decision is Decision.DISARMED
    assert "init0 is disarmed; would rotate to beta at 00:17:55 UTC" in ruling.sentence


def test_witness_without_any_backup_is_stopped_only_if_configured() -> None:
    alone = replace(GUILTY, ring=RING[:1])
    assert decide(alone, POLICY, NOW).decision is Decision.NO_BACKUP_READY
    ruling = decide(alone, Policy(exhausted="null_key"), NOW)
    assert ruling.decision is Decision.ROTATE
    assert ruling.target is not None
    assert ruling.target.signing_key == NULL
    ready = decide(GUILTY, Policy(exhausted="null_key"), NOW)
    assert ready.target is not None
    assert ready.target.name == "beta"
