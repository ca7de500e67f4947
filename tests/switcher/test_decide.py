"""What the switcher makes of an accusation: one case for each word, and what holds for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.bitshares.views import majority_of
from switcher.decide import decide
from switcher.evidence import Evidence, NodeWord
from switcher.hosts import Condition, Host
from switcher.model import Decision, Readiness
from switcher.ruling import choose
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
    own,
    pending,
    unsure,
)

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
        {"nodes": (node(), node("us", up=False), node("asia", up=False))},
    ),
    "two of three nodes on a fork": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", canonical=False), node("asia", canonical=False))},
    ),
    "two of three nodes stale, the chain goes on": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", head_time=990), node("asia", head_time=None))},
    ),
    "one of two nodes down": (
        Decision.NOT_QUORATE,
        {"nodes": (node(), node("us", up=False))},
    ),
    "the whole chain stands": (
        Decision.NETWORK_WIDE,
        {"head_time": 990, "nodes": tuple(replace(n, head_time=990) for n in GUILTY.nodes)},
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
    "one node is ahead of the clock here": (
        Decision.ROTATE,
        {"nodes": (node(), node("us"), node("asia", head_time=1_006))},
    ),
    "others miss as well": (Decision.NETWORK_WIDE, {"participation": 0.65}),
    "just enough others": (Decision.ROTATE, {"participation": 0.66}),
    "blocks don't become irreversible": (Decision.NETWORK_WIDE, {"lifetime": 29}),
    "no block to refer to": (Decision.NETWORK_WIDE, {"lifetime": None}),
    "no backup configured": (Decision.NO_BACKUP_READY, {"ring": RING[:1]}),
    "no backup is up": (
        Decision.NO_BACKUP_READY,
        {"ring": (RING[0], backup("beta", Readiness.DOWN), backup("gamma", Readiness.FAILED))},
    ),
    "disarmed": (Decision.DISARMED, {"permitted": False}),
    "budget spent": (Decision.BUDGET_SPENT, {"spent": 6}),
    "one rotation left": (Decision.ROTATE, {"spent": 5}),
    "cooling down": (Decision.COOLING_DOWN, {"last_rotation": NOW - 59}),
    "cooled down": (Decision.ROTATE, {"last_rotation": NOW - 60}),
}


@pytest.mark.parametrize("case", CASES)
def test_accusation_is_judged(case: str) -> None:
    expected, changes = CASES[case]
    ruling = decide(replace(GUILTY, **changes), POLICY, NOW)
    assert ruling.decision is expected
    assert (ruling.target is not None) == (expected is Decision.ROTATE)
    assert ruling.sentence


def test_dry_run_names_whom_it_would_have_put_on_air() -> None:
    ruling = decide(GUILTY, replace(POLICY, dry_run=True), NOW)
    assert ruling.decision is Decision.DRY_RUN
    assert "beta" in ruling.sentence
    assert ruling.target is None


def test_silent_new_key_is_replaced_without_waiting_for_the_cool_down() -> None:
    ruling = decide(SILENT_BETA, POLICY, NOW)
    assert ruling.decision is Decision.ROTATE
    assert ruling.target is not None
    assert ruling.target.name == "gamma"


def test_silent_new_key_stays_when_the_budget_is_spent() -> None:
    assert decide(replace(SILENT_BETA, spent=6), POLICY, NOW).decision is Decision.BUDGET_SPENT


def test_new_key_that_signs_after_all_is_left_alone() -> None:
    ruling = decide(replace(SILENT_BETA, has_signed=True), POLICY, NOW)
    assert ruling.decision is Decision.NOT_CORROBORATED


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


NODES = st.builds(
    NodeWord,
    name=st.sampled_from(["eu", "us", "asia"]),
    up=st.booleans(),
    canonical=st.booleans(),
    head_time=st.none() | st.integers(980, 1_003),
    shown_key=st.sampled_from([ALPHA, BETA, NULL, None]),
    detail=st.just("is so"),
)
BACKUPS = st.builds(backup, st.sampled_from(["alpha", "beta", "gamma"]), st.sampled_from(Readiness))
MOSTLY_TRUE = st.sampled_from([True, True, True, False])
EVIDENCE = st.builds(
    Evidence,
    witness=st.just("init0"),
    accused=st.sampled_from([ALPHA, ALPHA, ALPHA, BETA, OTHER, NULL]),
    by_ourselves=st.booleans(),
    configured=MOSTLY_TRUE,
    on_chain=MOSTLY_TRUE,
    in_force=st.sampled_from([ALPHA, ALPHA, ALPHA, ALPHA, BETA, OTHER, NULL, None]),
    null_key=st.just(NULL),
    misses=st.integers(0, 5),
    has_signed=st.booleans(),
    head_time=st.sampled_from([None, 980, 995, 1_000, 1_000, 1_000]),
    stale_after=st.just(9.0),
    lifetime=st.sampled_from([None, 0, 29, 30, 200, 200, 200]),
    participation=st.sampled_from([0.0, 0.5, 0.66, 0.9, 0.9, 1.0]),
    nodes=st.just(GUILTY.nodes) | st.lists(NODES, min_size=1, max_size=4).map(tuple),
    ring=st.just(RING) | st.lists(BACKUPS, max_size=3).map(tuple),
    rotating=st.sampled_from([False, False, True]),
    permitted=MOSTLY_TRUE,
    host=st.none()
    | st.builds(
        Host,
        st.just("alpha"),
        st.sampled_from(["all", "lagging", "never"]),
        st.sampled_from(Condition),
        st.just("is so"),
        st.sampled_from([None, 900.0, NOW - 14, NOW - 12, NOW - 1]),
        st.booleans(),
    ),
    slots=st.sampled_from([own(), own(1_003, 1_030), own(1_006), own(1_060), unsure(1_006)]),
    last_rotation=st.none() | st.floats(0, NOW),
    spent=st.integers(0, 7),
)
POLICIES = st.builds(Policy, dry_run=st.sampled_from([False, False, True]))


def _excused(e: Evidence, policy: Policy) -> bool:
    """Tell whether fewer misses than the plain rule's are enough."""
    if e.by_ourselves:
        return e.misses >= 1
    if e.host is None or not e.host.sick or not e.slots:
        return False
    lacks = e.host.lacks_since
    away = lacks is not None and NOW - lacks >= policy.preempt_after
    if e.misses >= 1:
        return away and not e.recovered
    return away and not e.host.signed_since and e.host.preempt != "never"


@given(EVIDENCE, POLICIES)
def test_nothing_rotates_against_a_guard(e: Evidence, policy: Policy) -> None:
    ruling = decide(e, policy, NOW)
    if ruling.decision is not Decision.ROTATE:
        assert ruling.target is None
        return
    target = ruling.target
    agreeing = [
        n
        for n in e.nodes
        if n.up
        and n.canonical
        and n.shown_key == e.in_force
        and n.head_time is not None
        and NOW - n.head_time < 9
    ]
    assert e.configured
    assert e.on_chain
    assert e.accused == e.in_force
    assert e.in_force != NULL
    assert e.in_force in {b.signing_key for b in e.ring}
    assert len(agreeing) >= majority_of(len(e.nodes))
    assert e.head_time is not None
    assert NOW - e.head_time < 9
    assert e.misses >= policy.missed_blocks or _excused(e, policy)
    assert not (e.by_ourselves and e.has_signed)
    assert e.participation >= policy.min_participation
    assert e.lifetime is not None
    assert e.lifetime >= 30
    assert e.permitted
    assert not e.rotating
    assert not policy.dry_run
    assert e.spent < policy.rotations_per_day
    assert e.by_ourselves or e.last_rotation is None or NOW - e.last_rotation >= 60
    assert target is not None
    assert target.signing_key != e.in_force
    assert target.readiness in {Readiness.READY, Readiness.UNWATCHED}
    assert target.readiness is Readiness.READY or not any(
        b.readiness is Readiness.READY and b.signing_key != e.in_force for b in e.ring
    )
