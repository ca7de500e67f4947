"""What the switcher makes of an accusation: one case for each word, and what holds for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.offset import Timekeeping
from switcher.decide import decide, objections
from switcher.evidence import NodeWord, stranger
from switcher.model import ActionName, Decision, Incident, Readiness
from switcher.ruling import Ruling, choose
from switcher.settings import Policy
from tests.switcher.made import (
    ALPHA,
    BETA,
    GAMMA,
    GUILTY,
    NOW,
    NULL,
    OTHER,
    POLICY,
    RING,
    SILENT_BETA,
    backup,
    node,
    pending,
)

DOWN = node("us", up=False, detail="refuses the connection")
FORKED = node("us", canonical=False, detail="on a fork for 3 blocks since block 17")
STALE = (node("asia", head_time=990), node("sa", head_time=990))
UNSEEN = {"eu": 1_009, "us": None, "asia": None}
CASES: dict[str, tuple[Decision, dict[str, Any]]] = {
    "all holds": (Decision.ROTATE, {}),
    "more misses than needed": (Decision.ROTATE, {"misses": 9}),
    "one node down": (Decision.ROTATE, {"nodes": (node(), node("us"), node("asia", up=False))}),
    "one node shows another key": (Decision.ROTATE, {"nodes": pending(ALPHA, BETA, ALPHA)}),
    "one node is stale": (
        Decision.ROTATE,
        {"nodes": (node(), node("us"), node("asia", head_time=900))},
    ),
    "witness not configured": (Decision.UNKNOWN_WITNESS, {"configured": False}),
    "witness not on the chain": (Decision.UNKNOWN_WITNESS, {"on_chain": False}),
    "no chain seen yet": (Decision.NOT_QUORATE, {"head_time": None}),
    "key in force not known": (Decision.NOT_QUORATE, {"in_force": None}),
    "two of three nodes down": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), DOWN, replace(DOWN, name="asia"))},
    ),
    "two of three nodes on a fork": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), FORKED, replace(FORKED, name="asia"))},
    ),
    "two of three nodes stale, the chain goes on": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", head_time=990), node("asia", head_time=None))},
    ),
    "two of three nodes stale since this moment": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", head_time=993), node("asia", head_time=993))},
    ),
    "most nodes usable, but those with new blocks are down or on a fork": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), *STALE, DOWN, FORKED)},
    ),
    "only one of three has shown its head": (
        Decision.NOT_QUORATE,
        {"nodes": tuple(node(name, head_time=at) for name, at in UNSEEN.items())},
    ),
    "one of two nodes down": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), DOWN)},
    ),
    "the whole chain stands": (
        Decision.NETWORK_WIDE,
        {"head_time": 990, "nodes": tuple(replace(n, head_time=990) for n in GUILTY.nodes)},
    ),
    "the whole chain stands, as a good clock says": (
        Decision.NETWORK_WIDE,
        {
            "head_time": 993,
            "nodes": tuple(replace(n, head_time=993) for n in GUILTY.nodes),
            "timekeeping": Timekeeping(0.1),
        },
    ),
    "owner's stop": (Decision.STOPPED_BY_OWNER, {"in_force": NULL}),
    "owner's stop, accused itself": (
        Decision.STOPPED_BY_OWNER,
        {"in_force": NULL, "accused": NULL},
    ),
    "another key is in force": (Decision.SUPERSEDED, {"in_force": BETA}),
    "key from outside the ring": (
        Decision.FOREIGN_KEY,
        {"in_force": OTHER, "accused": OTHER},
    ),
    "a rotation is open": (Decision.UNCONFIRMED, {"rotating": True}),
    "too few misses": (Decision.NOT_CORROBORATED, {"misses": 2}),
    "enough misses, but it signs again": (Decision.NOT_CORROBORATED, {"recovered": True}),
    "a node still at the maintenance block": (
        Decision.ROTATE,
        {
            "nodes": (
                node(),
                node("us", head_time=992, stale_after=18.0),
                node("asia", up=False),
            )
        },
    ),
    "no misses and everything else bad": (
        Decision.NOT_CORROBORATED,
        {"misses": 0, "permitted": False, "ring": RING[:1], "participation": 0.1},
    ),
    "an update is pending": (Decision.UNCONFIRMED, {"nodes": pending(BETA, ALPHA, BETA)}),
    "the clock here is behind that of most nodes": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", head_time=1_006), node("asia", head_time=1_006))},
    ),
    "the clock here is behind that of both nodes": (
        Decision.NOT_QUORATE,
        {"nodes": (node(head_time=1_007), node("us", head_time=1_008))},
    ),
    "the clock here is just as far behind as may be": (
        Decision.ROTATE,
        {"nodes": (node(), node("us", head_time=1_005), node("asia", head_time=1_005))},
    ),
    "the clock here is too far off": (
        Decision.NOT_QUORATE,
        {"timekeeping": Timekeeping(offset=700.0)},
    ),
    "one node is ahead of the clock here": (
        Decision.ROTATE,
        {"nodes": (node(), node("us"), node("asia", head_time=1_006))},
    ),
    "one node shows a new key, another is late": (
        Decision.UNCONFIRMED,
        {"nodes": (node(), node("us", shown_key=BETA), node("asia", head_time=980))},
    ),
    "others miss as well": (Decision.NETWORK_WIDE, {"participation": 0.65}),
    "just enough others": (Decision.ROTATE, {"participation": 0.66}),
    "blocks don't become irreversible": (Decision.NETWORK_WIDE, {"lifetime": 29}),
    "just enough time to become irreversible": (Decision.ROTATE, {"lifetime": 30}),
    "no block to refer to": (Decision.NETWORK_WIDE, {"lifetime": None}),
    "no backup configured": (Decision.NO_BACKUP_READY, {"ring": RING[:1]}),
    "no backup is up": (
        Decision.NO_BACKUP_READY,
        {"ring": (RING[0], backup("beta", Readiness.DOWN), backup("gamma", Readiness.FAILED))},
    ),
    "disarmed": (Decision.DISARMED, {"permitted": False}),
    "disarmed by somebody": (
        Decision.DISARMED,
        {"permitted": False, "disarmed_by": "ann: holidays"},
    ),
    "budget spent": (Decision.BUDGET_SPENT, {"spent": 6}),
    "one rotation left": (Decision.ROTATE, {"spent": 5}),
    "cooling down": (Decision.COOLING_DOWN, {"last_rotation": NOW - 59}),
    "cooled down": (Decision.ROTATE, {"last_rotation": NOW - 60}),
}


IN_WORDS = {
    "more misses than needed": "9 misses, 3 suffice; beta takes over",
    "witness not configured": "init0 is not in the configuration",
    "witness not on the chain": "init0 is no witness on this chain",
    "no chain seen yet": "no node has shown the chain yet",
    "key in force not known": "no node has shown the chain yet",
    "two of three nodes down": "1 of 3 nodes usable, 2 needed; "
    "us: refuses the connection; asia: refuses the connection",
    "two of three nodes on a fork": "1 of 3 nodes usable, 2 needed; "
    "us: on a fork for 3 blocks since block 17; asia: on a fork for 3 blocks since block 17",
    "two of three nodes stale, the chain goes on": "fewer than 2 of 3 nodes are up to date",
    "two of three nodes stale since this moment": "fewer than 2 of 3 nodes are up to date",
    "most nodes usable, but those with new blocks are down or on a fork": (
        "fewer than 3 of 5 nodes are up to date"
    ),
    "only one of three has shown its head": "fewer than 2 of 3 nodes are up to date",
    "one of two nodes down": "1 of 2 nodes usable, 2 needed; us: refuses the connection",
    "the whole chain stands": ("no block for 12 s: nobody produces, or the clock here is ahead"),
    "the whole chain stands, as a good clock says": (
        "no block for 9 s: nobody produces, or no node hears of any"
    ),
    "owner's stop": "the owner stopped init0 with the null key",
    "owner's stop, accused itself": "the owner stopped init0 with the null key",
    "another key is in force": "key BTSbeta is in force, not the accused BTSalpha",
    "key from outside the ring": ("key BTSother is in force and belongs to no configured producer"),
    "a rotation is open": "an earlier rotation of init0 is still open",
    "too few misses": "the chain shows 2 misses of that key, 3 are needed",
    "enough misses, but it signs again": (
        "3 misses, but the key has signed a block since the last of them"
    ),
    "no misses and everything else bad": "the chain shows 0 misses of that key, 3 are needed",
    "an update is pending": (
        "n0, n2 show another key that no block holds yet: an update is under way"
    ),
    "the clock here is behind that of most nodes": (
        "the clock of this machine is 4 s or more behind the chain; set it"
    ),
    "the clock here is behind that of both nodes": (
        "the clock of this machine is 5 s or more behind the chain; set it"
    ),
    "the clock here is too far off": (
        "the clock of this machine is 700.0 s ahead of the chain's, too far to make up for; set it"
    ),
    "one node shows a new key, another is late": (
        "us shows another key that no block holds yet: an update is under way"
    ),
    "others miss as well": (
        "only 65.0% of recent slots are filled, below 66%: others miss as well"
    ),
    "blocks don't become irreversible": (
        "blocks don't become irreversible: too many witnesses are missing"
    ),
    "no block to refer to": "blocks don't become irreversible: too many witnesses are missing",
    "no backup configured": "no other producer is configured",
    "no backup is up": "beta: is so; gamma: is so",
    "disarmed": "init0 is disarmed; would rotate to beta",
    "disarmed by somebody": "init0 is disarmed (ann: holidays); would rotate to beta",
    "budget spent": "rotations within 24 hours: 6, of 6 allowed; would rotate to beta",
    "cooling down": (
        "it cools down after the last rotation until 00:16:43 UTC; would rotate to beta"
    ),
}
"""What the operator reads; where a case is not listed, nothing held the rotation."""


@pytest.mark.parametrize("case", CASES)
def test_accusation_is_judged_and_the_operator_reads_why(case: str) -> None:
    expected, changes = CASES[case]
    ruling = decide(replace(GUILTY, **changes), POLICY, NOW)
    assert ruling.decision is expected
    assert (ruling.target is not None) == (expected is Decision.ROTATE)
    assert ruling.sentence == IN_WORDS.get(case, "3 misses, 3 suffice; beta takes over")


def test_dry_run_names_whom_it_would_have_put_on_air() -> None:
    ruling = decide(GUILTY, replace(POLICY, dry_run=True), NOW)
    assert ruling == Ruling(Decision.DRY_RUN, "this is a dry run; would rotate to beta")


def test_everything_that_holds_an_incident_is_told_at_once() -> None:
    held = replace(GUILTY, misses=0, ring=RING[:1], permitted=False)
    assert [(r.decision, r.sentence) for r in objections(held, POLICY, NOW)] == [
        (Decision.NOT_CORROBORATED, "the chain shows 0 misses of that key, 3 are needed"),
        (Decision.NO_BACKUP_READY, "no other producer is configured"),
        (Decision.DISARMED, "init0 is disarmed; would rotate to nobody"),
    ]
    assert objections(GUILTY, POLICY, NOW) == []


def test_without_a_good_view_nothing_else_is_said() -> None:
    [only] = objections(replace(GUILTY, head_time=None, permitted=False), POLICY, NOW)
    assert only.decision is Decision.NOT_QUORATE


def test_witness_that_is_not_configured_is_told_as_such() -> None:
    incident = Incident(1, ActionName.ROTATE, "stranger", BETA, ALPHA, opened=NOW, renewed=NOW)
    ruling = decide(stranger(incident), POLICY, NOW)
    assert ruling == Ruling(Decision.UNKNOWN_WITNESS, "stranger is not in the configuration")
    assert stranger(incident).accused == ALPHA


def test_null_key_waits_for_a_minute_in_which_no_backup_was_ready() -> None:
    gone = tuple(
        replace(backup(name, Readiness.DOWN), since=since)
        for name, since in (("alpha", 1_000.0), ("beta", 960.0), ("gamma", 970.0))
    )
    e = replace(GUILTY, ring=gone, head_time=1_028, nodes=fresh_at(1_028))
    policy = Policy(exhausted="null_key")
    sentence = "no backup is left, the null key stops the witness"
    soon = f"{sentence} at 00:17:10 UTC unless one comes back"
    assert decide(e, policy, 1_029.9) == Ruling(Decision.NOT_YET, soon, planned=1_030.0)
    ruling = decide(e, policy, 1_030.0)
    assert ruling.decision is Decision.ROTATE
    assert ruling.sentence == f"3 misses, 3 suffice; {sentence}"
    one_left = replace(e, ring=(*gone, replace(backup("delta"), since=1_028.0)))
    assert decide(one_left, policy, 1_029.0).sentence == "3 misses, 3 suffice; delta takes over"


def fresh_at(head_time: int) -> tuple[NodeWord, ...]:
    return tuple(replace(each, head_time=head_time) for each in GUILTY.nodes)


def test_silent_new_key_is_replaced_without_waiting_for_the_cool_down() -> None:
    ruling = decide(SILENT_BETA, POLICY, NOW)
    assert ruling.decision is Decision.ROTATE
    assert ruling.sentence == "the new key missed its first slot; gamma takes over"
    assert ruling.target is not None
    assert ruling.target.name == "gamma"


def test_silent_new_key_waits_where_the_last_rotation_came_to_nothing() -> None:
    ruling = decide(replace(SILENT_BETA, last_failed=True), POLICY, NOW)
    assert ruling.decision is Decision.COOLING_DOWN
    assert decide(replace(SILENT_BETA, last_failed=True, last_rotation=None), POLICY, NOW).target


def test_silent_new_key_stays_when_the_budget_is_spent() -> None:
    assert decide(replace(SILENT_BETA, spent=6), POLICY, NOW).decision is Decision.BUDGET_SPENT


def test_new_key_that_signs_after_all_is_left_alone() -> None:
    for signs in ({"has_signed": True}, {"misses": 0}):
        ruling = decide(replace(SILENT_BETA, **signs), POLICY, NOW)
        assert ruling == Ruling(Decision.NOT_CORROBORATED, "the new key signs after all")


@pytest.mark.parametrize(
    ("states", "in_force", "expected"),
    [
        ("ready ready ready", ALPHA, "beta"),
        ("ready ready ready", BETA, "gamma"),
        ("ready ready ready", GAMMA, "alpha"),
        ("ready down ready", ALPHA, "gamma"),
        ("ready unwatched ready", ALPHA, "gamma"),
        ("down unwatched down", ALPHA, "beta"),
        ("unwatched failed down", GAMMA, "alpha"),
        ("ready failed down", ALPHA, None),
        ("ready ready ready", OTHER, "alpha"),
    ],
)
def test_ring_is_walked_from_the_key_in_force(
    states: str, in_force: str, expected: str | None
) -> None:
    names = ("alpha", "beta", "gamma")
    ring = [
        backup(name, Readiness(state)) for name, state in zip(names, states.split(), strict=True)
    ]
    chosen = choose(ring, in_force)
    assert (chosen.name if chosen else None) == expected
