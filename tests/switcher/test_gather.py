"""What a decision is handed of the chain and of the nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.keys import null_key
from chains.bitshares.objects import Names
from switcher.evidence import Evidence, NodeWord, Seen, gather, key_in_force, keys_in_question
from switcher.hosts import Backup, Condition, Host
from switcher.model import (
    ActionName,
    Arming,
    Cause,
    Draft,
    Incident,
    Order,
    Outcome,
    Readiness,
    Record,
    Rotation,
)
from switcher.moment import Slots
from tests.support.chain import PREFIX, START
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, Script
from tests.switcher.stage import WITNESS

DISARMED = Arming()


def accusing(script: Script, **changes: Any) -> Incident:
    key = ALPHA.text(PREFIX)
    incident = Incident(1, ActionName.ROTATE, WITNESS, key, key, script.now, script.now)
    return replace(incident, **changes)


def gathered(
    script: Script,
    *rotations: Rotation,
    incident: Incident | None = None,
    arming: Arming = DISARMED,
) -> Evidence:
    record = Record((), rotations, arming)
    asked = incident or accusing(script)
    return gather(cast("Seen", script), script.nodes, asked, record, script.now)


def rotation(script: Script, outcome: Outcome | None, ago: float, **changes: Any) -> Rotation:
    """Return one from alpha to beta, which ended at once unless it has no outcome."""
    opened = script.now - ago
    draft = Draft(1, WITNESS, ALPHA.text(PREFIX), BETA.text(PREFIX), "beta", opened)
    ended = None if outcome is None else opened
    return replace(Rotation(1, draft, opened, ended=ended, outcome=outcome), **changes)


def stale_ages(script: Script) -> set[float]:
    evidence = gathered(script)
    return {evidence.stale_after, *(node.stale_after for node in evidence.nodes)}


def test_slots_of_a_decision_are_those_that_the_chain_gives_to_the_witness(script: Script) -> None:
    chain, follower = script.chain, script.follower
    while chain.number % len(chain.active) != 2:
        script.produce()
    round_ends = chain.time + 5 * chain.interval
    own = [slot for slot in [script.next_slot()] if slot]
    slots = gathered(script).slots
    assert slots == Slots(
        tuple(follower.possible_slots(INIT0)),
        follower.shuffle_due(),
        follower.rhythm.interval,
        follower.next_block_due(),
    )
    assert slots == Slots(
        (*own, *(round_ends + chain.interval * slot for slot in range(1, 8))),
        shuffle=round_ends + chain.interval,
        interval=chain.interval,
        first=chain.time + chain.interval,
    )


def test_slot_of_another_that_missed_its_last_one_is_told_as_empty(script: Script) -> None:
    chain, other = script.chain, "1.6.3"
    while other not in script.follower.next_slots() or not gathered(script).slots.empty:
        script.produce(*([2] if chain.owner() == other else []))
    assert gathered(script).slots.empty == {script.follower.next_slots()[other]}


def test_head_is_stale_after_three_slots_and_after_a_maintenance_only_later(
    script: Script,
) -> None:
    assert stale_ages(script) == {9.0}
    script.maintain(skipped=3)
    assert stale_ages(script) == {18.0}
    script.produce()
    assert stale_ages(script) == {9.0}


def test_backup_that_signed_in_an_earlier_term_but_not_in_its_last_one_has_failed(
    script: Script,
) -> None:
    script.put_on_air(BETA)
    script.until_signed()
    script.put_on_air(ALPHA)
    script.run(7)
    opened = script.now
    script.put_on_air(BETA)
    draft = Draft(1, WITNESS, ALPHA.text(PREFIX), BETA.text(PREFIX), "beta", opened)
    failed = Rotation(
        1, draft, opened, outcome=Outcome.NEVER_SIGNED, block=script.chain.number, ended=script.now
    )
    script.miss(1)
    ready = {backup.name: backup.readiness for backup in gathered(script, failed).ring}
    assert ready["beta"] is Readiness.FAILED
    script.until_signed()
    ready = {backup.name: backup.readiness for backup in gathered(script, failed).ring}
    assert ready["beta"] is Readiness.READY


def test_decision_is_handed_all_that_is_known(script: Script) -> None:
    script.miss(2)
    script.lose("beta")
    script.down = {"asia"}
    tried = [rotation(script, Outcome.REJECTED, 30.0), rotation(script, Outcome.ON_AIR, 20_000.0)]
    arming = Arming(False, "ann", "holidays", script.now - 99)
    alpha, beta, gamma = (key.text(PREFIX) for key in (ALPHA, BETA, GAMMA))
    head, gone = script.follower.head, "does not answer"
    assert head is not None
    node = NodeWord("eu", True, True, head.time, alpha, "", 9.0)
    assert gathered(script, *tried, arming=arming) == Evidence(
        witness=WITNESS,
        accused=alpha,
        cause=Cause.ALERT,
        in_force=alpha,
        null_key=null_key(PREFIX),
        misses=2,
        host=Host(
            "alpha",
            "all",
            Condition.UNREACHABLE,
            gone,
            lacks_since=0.0,
            signed_since=True,
        ),
        slots=Slots(
            tuple(script.follower.possible_slots(INIT0)),
            script.follower.shuffle_due(),
            3,
            script.follower.next_block_due(),
            script.follower.doubtful_slots(),
        ),
        head_time=head.time,
        stale_after=9.0,
        lifetime=264,
        participation=126 / 128,
        timekeeping=script.timekeeping,
        nodes=(
            node,
            replace(node, name="us"),
            replace(node, name="asia", up=False, canonical=False, detail=gone),
        ),
        ring=(
            Backup("alpha", alpha, Readiness.DOWN, gone),
            Backup("beta", beta, Readiness.DOWN, gone, script.keeper.at(script.now - START)),
            Backup("gamma", gamma, Readiness.READY),
        ),
        disarmed_by="ann: holidays",
        last_rotation=script.now - 30.0,
        spent=1,
    )


def test_armed_witness_may_be_rotated_and_nobody_disarmed_it(script: Script) -> None:
    evidence = gathered(script, arming=Arming(armed=True))
    assert (evidence.permitted, evidence.disarmed_by) == (True, "")
    assert (evidence.last_rotation, evidence.last_failed, evidence.rotating) == (None, False, False)


def test_before_any_chain_is_seen_nothing_is_claimed(script: Script) -> None:
    script.follower, script.names = Follower(PREFIX, 600), None
    evidence = gathered(script)
    assert evidence.on_chain, "it may be there, only nobody has said so yet"
    assert (evidence.in_force, evidence.head_time, evidence.lifetime) == (None, None, None)
    assert (evidence.misses, evidence.recovered, evidence.host) == (0, False, None)
    assert evidence.participation == 0.0
    assert (evidence.slots.times, evidence.slots.shuffle, evidence.slots.first) == ((), 0, 0)


def test_witness_that_no_node_knows_is_not_on_the_chain(script: Script) -> None:
    script.names = Names(())
    evidence = gathered(script)
    assert not evidence.on_chain
    assert evidence.in_force is None
    assert key_in_force(cast("Seen", script), WITNESS) is None


def test_key_in_force_is_that_of_the_next_slot(script: Script) -> None:
    script.put_on_air(BETA)
    assert key_in_force(cast("Seen", script), WITNESS) == BETA.text(PREFIX)


def test_alert_may_accuse_the_key_in_force_or_any_of_the_ring_while_it_is_not_known(
    script: Script,
) -> None:
    [witness] = script.settings.witnesses
    script.put_on_air(BETA)
    assert keys_in_question(cast("Seen", script), witness) == {BETA.text(PREFIX)}
    script.names = None
    ring = {key.text(PREFIX) for key in (ALPHA, BETA, GAMMA)}
    assert keys_in_question(cast("Seen", script), witness) == ring


def test_node_that_has_shown_nothing_has_no_head_and_shows_no_key(script: Script) -> None:
    views = [replace(view, reading=None) for view in script.nodes]
    word, *_ = gather(cast("Seen", script), views, accusing(script), Record(), script.now).nodes
    assert (word.head_time, word.shown_key, word.stale_after) == (None, None, 0.0)


def test_node_that_does_not_know_the_witness_shows_no_key(script: Script) -> None:
    views = [
        replace(view, reading=replace(script.chain.reading(), witnesses={}))
        for view in script.nodes
    ]
    word, *_ = gather(cast("Seen", script), views, accusing(script), Record(), script.now).nodes
    assert (word.head_time, word.shown_key) == (script.chain.time, None)


def test_key_has_recovered_once_it_signed_after_its_last_miss(script: Script) -> None:
    script.until_signed()
    assert not gathered(script).recovered
    script.miss(1)
    assert not gathered(script).recovered
    script.until_signed()
    assert gathered(script).recovered
    script.miss(2)
    assert not gathered(script).recovered


def test_misses_within_one_absence_that_is_over_are_excused(script: Script) -> None:
    script.lose("alpha")
    script.miss(2)
    assert not gathered(script).excused, "it is away still"
    script.find("alpha")
    assert gathered(script).excused
    script.miss(3)
    assert not gathered(script).excused, "it is back, and missed one more"


def test_misses_of_two_absences_are_not_excused(script: Script) -> None:
    for misses in (1, 2):
        script.lose("alpha")
        script.miss(misses)
        script.find("alpha")
    assert not gathered(script).excused


def test_host_that_was_not_away_has_no_excuse(script: Script) -> None:
    assert not gathered(script).excused
    script.miss(1)
    assert not gathered(script).excused
    script.lose("alpha")
    script.find("alpha")
    assert not gathered(script).excused, "it went away after its miss"


def test_host_that_was_away_and_missed_nothing_needs_no_excuse(script: Script) -> None:
    script.lose("alpha")
    script.run(1)
    script.find("alpha")
    assert not gathered(script).excused


def test_new_key_has_signed_once_it_signed_in_its_term(script: Script) -> None:
    assert gathered(script).has_signed
    script.put_on_air(BETA)
    assert not gathered(script).has_signed
    script.until_signed()
    assert gathered(script).has_signed


def test_misses_shared_with_many_are_not_held_against_the_key(script: Script) -> None:
    while script.chain.owner(2) != INIT0:
        script.produce()
    script.produce(4)
    assert script.follower.recent_misses(INIT0)
    assert gathered(script).misses == 0


def test_last_rotation_that_no_node_took_is_told_as_failed(script: Script) -> None:
    went, failed = (
        rotation(script, outcome, 60.0) for outcome in (Outcome.ON_AIR, Outcome.REJECTED)
    )
    assert gathered(script, went, failed).last_failed
    assert not gathered(script, failed, went).last_failed
    assert gathered(script, went, rotation(script, None, 5.0)).rotating


def test_order_by_hand_is_not_held_against_a_hosts_past(script: Script) -> None:
    failed = rotation(script, Outcome.NEVER_SIGNED, 60.0)
    assert gathered(script, failed).ring[1].readiness is Readiness.FAILED
    order = Order("ann", "maintenance", ("beta",))
    asked = accusing(script, cause=Cause.MANUAL, order=order)
    disarmed = Arming(False, "ann", "holidays", script.now - 99)
    evidence = gathered(script, failed, incident=asked, arming=disarmed)
    assert evidence.ring[1].readiness is Readiness.READY
    assert (evidence.cause, evidence.wanted) == (Cause.MANUAL, evidence.ring[1])
    assert evidence.permitted, "what a person asks for while it is disarmed is meant"
    later = replace(disarmed, since=script.now + 1)
    assert not gathered(script, incident=asked, arming=later).permitted


def test_drill_wants_nobody_who_is_on_air_already(script: Script) -> None:
    script.find("alpha")
    drill = Order("ann", "drill", ("alpha", "beta"))
    evidence = gathered(script, incident=accusing(script, cause=Cause.DRILL, order=drill))
    assert evidence.wanted == evidence.ring[1]


def test_accusation_by_ourselves_is_like_an_alert(script: Script) -> None:
    order = Order("ann", "maintenance", ("beta",))
    asked = accusing(script, cause=Cause.MANUAL, order=order, accused=BETA.text(PREFIX))
    evidence = gathered(script, incident=asked)
    assert evidence.by_ourselves
    assert (evidence.cause, evidence.accused) == (Cause.ALERT, BETA.text(PREFIX))


@pytest.mark.parametrize(("well", "since"), [(3, 20.0), (2, 30.0), (1, 0.0)])
def test_absence_counts_from_when_most_nodes_have_been_well(
    script: Script, well: int, since: float
) -> None:
    """A watcher that was cut off itself can't know how long a host has been away."""
    views = [
        replace(view, since=begun, up=index < well)
        for index, (view, begun) in enumerate(zip(script.nodes, (30.0, 10.0, 20.0), strict=True))
    ]
    evidence = gather(cast("Seen", script), views, accusing(script), Record(), script.now)
    assert evidence.host is not None
    assert evidence.host.lacks_since == since
