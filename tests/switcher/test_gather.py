"""What a decision is handed of the chain and of the nodes."""

from __future__ import annotations

from typing import cast

from switcher.evidence import Evidence, Seen, gather
from switcher.model import ActionName, Incident, Record
from switcher.moment import Slots
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, INIT0, Script
from tests.switcher.stage import WITNESS


def gathered(script: Script) -> Evidence:
    key = ALPHA.text(PREFIX)
    incident = Incident(1, ActionName.ROTATE, WITNESS, key, key, script.now, script.now)
    return gather(cast("Seen", script), script.nodes, incident, Record(), script.now)


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


def test_head_is_stale_after_three_slots_and_after_a_maintenance_only_later(
    script: Script,
) -> None:
    assert stale_ages(script) == {9.0}
    script.maintain(skipped=3)
    assert stale_ages(script) == {18.0}
    script.produce()
    assert stale_ages(script) == {9.0}
