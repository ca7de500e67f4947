"""What holds a rotation that no alert asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.decide import decide
from switcher.evidence import Evidence
from switcher.hosts import Condition, Host
from switcher.model import Cause, Decision, Readiness
from switcher.settings import Policy
from tests.switcher.made import (
    ALPHA,
    AWAY,
    BETA,
    GUILTY,
    NOW,
    NULL,
    OTHER,
    POLICY,
    backup,
    own,
    pending,
)

ORDERED = replace(
    GUILTY,
    cause=Cause.MANUAL,
    misses=0,
    host=Host("alpha", "all", Condition.WELL),
    ring=(backup("alpha"), backup("beta"), backup("gamma")),
    wanted=backup("gamma"),
    slots=own(1_080),
)
ORDER_CASES: dict[str, tuple[Decision, dict[str, Any]]] = {
    "a quiet moment": (Decision.ROTATE, {}),
    "its slot is near": (Decision.NOT_YET, {"slots": own(1_005, 1_080)}),
    "its slot is near, but it is dead": (
        Decision.ROTATE,
        {"slots": own(1_005), "host": AWAY},
    ),
    "its slot is near, but the key never signed": (
        Decision.ROTATE,
        {"slots": own(1_005), "has_signed": False},
    ),
    "budget spent": (Decision.ROTATE, {"spent": 99}),
    "cooling down": (Decision.ROTATE, {"last_rotation": NOW - 1}),
    "others miss as well": (Decision.ROTATE, {"participation": 0.5}),
    "from a key outside the ring": (Decision.ROTATE, {"in_force": OTHER, "accused": OTHER}),
    "owner's stop": (Decision.STOPPED_BY_OWNER, {"in_force": NULL, "accused": NULL}),
    "its next slots are not known before the shuffle": (
        Decision.NOT_YET,
        {"slots": own(1_005, 1_008, 1_011)},
    ),
    "nobody is left to be put on air": (Decision.NO_BACKUP_READY, {"wanted": None}),
    "disarmed since": (Decision.DISARMED, {"permitted": False}),
    "wanted one is down": (
        Decision.NO_BACKUP_READY,
        {"wanted": backup("gamma", Readiness.DOWN)},
    ),
    "on air already": (Decision.SUPERSEDED, {"in_force": "BTSgamma"}),
    "another key came into force": (Decision.SUPERSEDED, {"in_force": BETA}),
    "a rotation is open": (Decision.UNCONFIRMED, {"rotating": True}),
    "blocks don't become irreversible": (Decision.NETWORK_WIDE, {"lifetime": 3}),
    "nodes disagree": (Decision.UNCONFIRMED, {"nodes": pending(BETA, BETA, ALPHA)}),
}


def with_shown(e: Evidence) -> Evidence:
    nodes = tuple(replace(n, shown_key=e.in_force) for n in e.nodes)
    return replace(e, nodes=nodes)


IN_WORDS = {
    "its slot is near": "gamma takes over in the gap between two slots, at 00:16:46 UTC",
    "its next slots are not known before the shuffle": (
        "gamma takes over in the gap between two slots, after the next shuffle"
    ),
    "owner's stop": "the owner stopped init0 with the null key",
    "disarmed since": "init0 is disarmed; would rotate to gamma",
    "wanted one is down": "gamma: is so",
    "nobody is left to be put on air": "nobody is left to put on air",
    "on air already": "gamma is on air already",
    "another key came into force": "key BTSbeta is in force, not the accused BTSalpha",
    "a rotation is open": "an earlier rotation of init0 is still open",
    "blocks don't become irreversible": (
        "blocks don't become irreversible: too many witnesses are missing"
    ),
    "nodes disagree": "n0, n1 show another key that no block holds yet: an update is under way",
}
"""What the operator reads; where a case is not listed, nothing held the rotation."""


@pytest.mark.parametrize("case", ORDER_CASES)
def test_order_by_hand(case: str) -> None:
    word, changes = ORDER_CASES[case]
    evidence = replace(ORDERED, **changes)
    if "nodes" not in changes:
        evidence = with_shown(evidence)
    ruling = decide(evidence, POLICY, NOW)
    assert ruling.decision is word
    assert ruling.sentence == IN_WORDS.get(case, "asked for (manual); gamma takes over")
    dry = decide(evidence, Policy(dry_run=True), NOW).decision
    assert dry is not Decision.ROTATE


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        (Decision.ROTATE, {}),
        (Decision.BUDGET_SPENT, {"spent": 6}),
        (Decision.COOLING_DOWN, {"last_rotation": NOW - 1}),
        (Decision.NETWORK_WIDE, {"participation": 0.5}),
        (Decision.DISARMED, {"permitted": False}),
        (Decision.UNCONFIRMED, {"rotating": True}),
        (Decision.FOREIGN_KEY, {"in_force": OTHER, "accused": OTHER}),
        (Decision.NOT_YET, {"slots": own(1_005, 1_080)}),
    ],
)
def test_return_of_the_preferred_host_is_held_like_an_alert(
    word: Decision, changes: dict[str, Any]
) -> None:
    evidence = replace(ORDERED, cause=Cause.RETURN, **changes)
    assert decide(with_shown(evidence), POLICY, NOW).decision is word


def test_handover_is_planned_for_the_end_of_the_slot() -> None:
    assert decide(replace(ORDERED, slots=own(1_005, 1_080)), POLICY, NOW).planned == 1_006.0
