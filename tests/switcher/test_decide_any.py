"""Whatever is known and whatever the policy, no rotation goes against a guard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.bitshares.views import majority_of
from switcher.decide import decide
from switcher.evidence import Evidence, NodeWord
from switcher.hosts import Condition, Host
from switcher.model import Decision, Readiness
from switcher.settings import Policy
from tests.switcher.made import ALPHA, BETA, GUILTY, NOW, NULL, OTHER, RING, backup, own, unsure

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
    excused=st.booleans(),
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


def _fewer_suffice(e: Evidence, policy: Policy) -> bool:
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
    assert e.misses >= policy.missed_blocks or _fewer_suffice(e, policy)
    assert not (e.by_ourselves and e.has_signed)
    assert not e.excused or _fewer_suffice(e, policy)
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
