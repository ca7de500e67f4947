"""What the switcher makes of a host that its own endpoint tells to be sick."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.decide import decide
from switcher.grounds import Ground, find
from switcher.hosts import Condition, Host
from switcher.model import Decision
from switcher.moment import LEAD
from switcher.settings import Policy
from tests.switcher.made import AWAY, GUILTY, NOW, NULL, POLICY, RING, SICK, own, unsure


def sick(**changes: Any) -> Host:
    return replace(AWAY, **changes)


EARLY = {"slots": own(1_080)}
BACK = Host("alpha", "all", Condition.WELL, absence=(NOW - 300, NOW - 10))
SICK_CASES: dict[str, tuple[Decision, dict[str, Any]]] = {
    "away for long, its slot near": (Decision.ROTATE, {}),
    "away for long, its slot far": (Decision.NOT_YET, EARLY),
    "away for long, and this is its last moment": (Decision.ROTATE, {"slots": own(1_007, 1_080)}),
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
    "three misses while it was away, and it is back": (
        Decision.NOT_CORROBORATED,
        {"misses": 3, "excused": True, "host": BACK},
    ),
    "the same, and away again": (
        Decision.ROTATE,
        {"misses": 3, "excused": False},
    ),
    "the same, and it has signed since": (
        Decision.NOT_CORROBORATED,
        {"misses": 3, "excused": True, "recovered": True, "host": BACK},
    ),
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


GONE = "alpha does not answer (since 1970-01-01 00:16:22 UTC; refuses)"
IN_WORDS = {
    "away for long, its slot near": f"{GONE}; beta takes over",
    "away for long, its slot far": (
        f"{GONE}; beta takes over at 00:17:55 UTC unless it comes back"
    ),
    "lacks no block yet": (
        "alpha does not answer (refuses); beta takes over at 00:17:55 UTC unless it comes back"
    ),
    "on a fork or behind": (
        "alpha is not at the canonical head (since 1970-01-01 00:16:22 UTC; refuses); "
        "beta takes over"
    ),
    "well again": "the chain shows 0 misses of that key, 3 are needed; alpha is at the head",
    "nothing known of it": "the chain shows 0 misses of that key, 3 are needed",
    "its endpoint is away, but it signs": f"{GONE}, but it has signed a block since",
    "lagging only, and it is unreachable": (
        f"{GONE}; with preempt: lagging it has to miss a block first"
    ),
    "not active, so that it has no slot": (
        f"{GONE}; init0 is not active, so that it has no slot to miss"
    ),
    "one miss and unreachable": f"1 miss, and {GONE}; beta takes over",
    "one miss of a host that is well": (
        "the chain shows 1 miss of that key, 3 are needed; alpha is at the head"
    ),
    "three misses while it was away, and it is back": (
        "3 misses, but alpha was away for all of them, and has been at the head again since "
        "1970-01-01 00:16:32 UTC"
    ),
    "the same, and it has signed since": (
        "3 misses, but the key has signed a block since the last of them"
    ),
    "disarmed, in time": (f"{GONE}; init0 is disarmed; would rotate to beta at 00:17:55 UTC"),
}
"""What the operator reads, for some of the cases."""


@pytest.mark.parametrize("case", SICK_CASES)
def test_sick_host(case: str) -> None:
    word, changes = SICK_CASES[case]
    ruling = decide(replace(SICK, **changes), POLICY, NOW)
    assert ruling.decision is word
    assert ruling.sentence == IN_WORDS.get(case, ruling.sentence)


@pytest.mark.parametrize(
    ("policy", "changes", "ground", "ready"),
    [
        ({}, {}, Ground.SICK, 13),
        ({"preempt_after": 40}, {}, Ground.SICK, 40),
        ({}, {"misses": 1}, Ground.MISS_AND_SICK, 13),
        ({"preempt_after": 5}, {"misses": 1}, Ground.MISS_AND_SICK, 5),
        ({"preempt_after": 40}, {"misses": 1}, Ground.MISS_AND_SICK, 13),
    ],
)
def test_how_long_a_host_is_given_to_come_back(
    policy: dict[str, Any], changes: dict[str, Any], ground: Ground, ready: float
) -> None:
    found = find(replace(SICK, **changes), Policy(**policy), NOW)
    assert (found.ground, found.ready) == (ground, NOW - 20 + ready)
    new = replace(SICK, host=sick(lacks_since=None), **changes)
    assert find(new, Policy(**policy), NOW).ready == NOW + ready


def test_host_that_is_back_is_not_stopped_with_the_null_key() -> None:
    alone = replace(GUILTY, ring=RING[:1])
    stops = Policy(exhausted="null_key")
    assert decide(alone, stops, NOW).target is not None
    assert decide(replace(alone, excused=True, host=BACK), stops, NOW).target is None


def test_plain_misses_wait_for_nothing() -> None:
    found = find(GUILTY, POLICY, NOW)
    assert (found.ground, found.ready, found.can_wait) == (Ground.MISSES, 0.0, False)


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
