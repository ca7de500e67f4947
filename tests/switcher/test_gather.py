"""What a decision is handed of the chain and of the nodes."""

from __future__ import annotations

from typing import cast

from switcher.evidence import Evidence, Seen, gather
from switcher.model import ActionName, Draft, Incident, Outcome, Readiness, Record, Rotation
from switcher.moment import Slots
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, INIT0, Script
from tests.switcher.stage import WITNESS


def gathered(script: Script, *rotations: Rotation) -> Evidence:
    key = ALPHA.text(PREFIX)
    incident = Incident(1, ActionName.ROTATE, WITNESS, key, key, script.now, script.now)
    return gather(cast("Seen", script), script.nodes, incident, Record((), rotations), script.now)


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
