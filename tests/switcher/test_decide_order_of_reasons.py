"""Of several things that hold a rotation, the one is told that a person wants to read first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.decide import decide
from switcher.evidence import Evidence
from switcher.hosts import Condition, Host
from switcher.model import Cause, Readiness
from switcher.settings import Policy
from tests.switcher.made import ALPHA, AWAY, GUILTY, NOW, NULL, OTHER, RING, backup, node, own

Step = tuple[str, dict[str, Any]]
"""The beginning of what is told, and what mends it."""

OLD = tuple(node(name, head_time=990, shown_key=OTHER) for name in ("eu", "us", "asia"))
PENDING = tuple(replace(each, head_time=1_000) for each in OLD)
VIEW: list[Step] = [
    ("init0 is not in the configuration", {"configured": True}),
    ("1 of 3 nodes usable", {"nodes": OLD}),
    ("no block for 12 s", {"head_time": 1_000, "nodes": PENDING}),
]
ALL_WRONG = replace(
    GUILTY,
    configured=False,
    in_force=NULL,
    accused=ALPHA,
    misses=0,
    head_time=990,
    lifetime=0,
    participation=0.1,
    nodes=(OLD[0], *(replace(each, up=False) for each in OLD[1:])),
    ring=RING[:1],
    rotating=True,
    permitted=False,
    spent=6,
    last_rotation=NOW - 1,
)
ALERT: list[Step] = [
    *VIEW,
    ("the owner stopped init0", {"in_force": OTHER}),
    (f"key {OTHER} is in force, not the accused", {"accused": OTHER}),
    (f"key {OTHER} is in force and belongs to no", {"accused": ALPHA, "in_force": ALPHA}),
    ("an earlier rotation", {"rotating": False}),
    ("the chain shows 0 misses", {"host": AWAY, "slots": own(1_080)}),
    ("eu, us, asia show another key", {"nodes": GUILTY.nodes}),
    ("only 10.0% of recent slots", {"participation": 1.0}),
    ("blocks don't become irreversible", {"lifetime": 200}),
    ("no other producer is configured", {"ring": RING}),
    (
        "alpha does not answer (since 1970-01-01 00:16:22 UTC; refuses); init0 is disarmed",
        {"slots": own(1_006)},
    ),
    ("init0 is disarmed", {"permitted": True}),
    ("rotations within 24 hours", {"spent": 0}),
    ("it cools down", {"last_rotation": None}),
    ("this is a dry run", {}),
]
GAMMA = backup("gamma")
ORDERED = replace(ALL_WRONG, wanted=replace(GAMMA, signing_key=NULL), slots=own(1_005, 1_080))
ORDER: list[Step] = [
    *VIEW,
    ("the owner stopped init0", {"in_force": GAMMA.signing_key, "wanted": GAMMA}),
    ("gamma is on air already", {"in_force": OTHER, "wanted": backup("gamma", Readiness.DOWN)}),
]
MANUAL: list[Step] = [
    *ORDER,
    (f"key {OTHER} is in force, not the accused", {"in_force": ALPHA}),
    ("an earlier rotation", {"rotating": False}),
    ("eu, us, asia show another key", {"nodes": GUILTY.nodes}),
    ("blocks don't become irreversible", {"lifetime": 200}),
    ("gamma: is so", {"wanted": GAMMA}),
    ("init0 is disarmed", {"permitted": True}),
    ("this is a dry run", {}),
]
RETURN: list[Step] = [
    *ORDER,
    (f"key {OTHER} is in force, not the accused", {"accused": OTHER}),
    (f"key {OTHER} is in force and belongs to no", {"accused": ALPHA, "in_force": ALPHA}),
    ("an earlier rotation", {"rotating": False}),
    ("eu, us, asia show another key", {"nodes": GUILTY.nodes}),
    ("only 10.0% of recent slots", {"participation": 1.0}),
    ("blocks don't become irreversible", {"lifetime": 200}),
    ("gamma: is so", {"wanted": GAMMA}),
    ("init0 is disarmed", {"permitted": True}),
    ("rotations within 24 hours", {"spent": 0}),
    ("it cools down", {"last_rotation": None}),
    ("this is a dry run", {}),
]
WELL = Host("alpha", "all", Condition.WELL)


@pytest.mark.parametrize(
    ("evidence", "steps", "last"),
    [
        (ALL_WRONG, ALERT, "alpha does not answer"),
        (replace(ORDERED, cause=Cause.MANUAL, host=WELL), MANUAL, "gamma takes over in the gap"),
        (replace(ORDERED, cause=Cause.RETURN, host=WELL), RETURN, "gamma takes over in the gap"),
    ],
    ids=["alert", "order by hand", "return of the preferred host"],
)
def test_reasons_are_told_one_after_the_other_as_each_is_mended(
    evidence: Evidence, steps: list[Step], last: str
) -> None:
    for told, mended in steps:
        assert decide(evidence, Policy(dry_run=True), NOW).sentence.startswith(told)
        evidence = replace(evidence, **mended)
    assert decide(evidence, Policy(), NOW).sentence.startswith(last)
