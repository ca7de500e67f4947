"""What is done without an alert: drills, the return of the preferred host, the null key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.bitshares.keys import null_key
from devnet.keys import DevKey
from switcher.model import Cause, Order, Outcome, Record
from switcher.moment import LEAD, LEAST_LEAD
from switcher.settings import Policy
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, reported_outage, troupe

RETURNING = Policy(arm=True, return_after=60)
DRILL = Order("you", "to be sure", ("beta", "gamma"), "alpha")


async def play_on(t: Troupe, *deaf: DevKey) -> Record:
    """Produce blocks, with the worker at each, until nothing is open; `deaf` keys never sign."""
    silent = {key.text(PREFIX) for key in deaf}
    for _ in range(500):
        await t.worker.step()
        record = await t.record()
        if not record.incidents and not record.open_rotation:
            return record
        term = t.script.follower.term(INIT0)
        slot = 1
        while term is not None and term.key in silent and t.script.chain.owner(slot) == INIT0:
            slot += 1
        t.script.produce(slot, include=bool(t.script.pending))
    raise AssertionError(await t.words())


async def ordered(t: Troupe, cause: Cause, order: Order) -> None:
    await t.journal.open_order(WITNESS, ALPHA.text(PREFIX), cause, order, t.script.now)


def keys_on_chain(script: Script) -> list[str]:
    names = {ALPHA.text(PREFIX): "alpha", BETA.text(PREFIX): "beta", GAMMA.text(PREFIX): "gamma"}
    updates = [update.new_key or "" for _, update in script.follower.updates()]
    return [names.get(key, key) for key in reversed(updates)]


async def test_drill_puts_every_backup_on_air_and_goes_back(tmp_path: Path, script: Script) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        record = await play_on(t)
        assert keys_on_chain(script) == ["beta", "gamma", "alpha"]
        assert [r.outcome for r in record.rotations] == [Outcome.ON_AIR] * 3
        assert (await t.words("decision")).count("rotate") == 3
        assert await t.words("ended") == ["drilled"]
        drilled = {d.producer: d.result for d in await t.journal.drills(WITNESS)}
        assert drilled == {"beta": "signed", "gamma": "signed", "alpha": "signed"}
        assert not script.follower.recent_misses(INIT0)
        assert record.spent() == 0


async def test_drill_passes_over_a_backup_that_is_down(tmp_path: Path, script: Script) -> None:
    script.find("alpha")
    script.lose("gamma")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        await play_on(t)
        assert keys_on_chain(script) == ["beta", "alpha"]
        drilled = {d.producer: d.result for d in await t.journal.drills(WITNESS)}
        assert drilled == {"beta": "signed", "gamma": "not_ready", "alpha": "signed"}


async def test_drill_finds_the_backup_that_never_signs(tmp_path: Path, script: Script) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        await play_on(t, BETA)
        assert keys_on_chain(script) == ["beta", "gamma", "alpha"]
        drilled = {d.producer: d.result for d in await t.journal.drills(WITNESS)}
        assert drilled == {"beta": "never_signed", "gamma": "signed", "alpha": "signed"}
        ended = next(e for e in await t.journal.entries() if e.kind == "ended")
        assert "beta never signed" in ended.sentence


@pytest.mark.parametrize("blocks", [2, 16, 34])
async def test_host_that_dies_during_a_drill_is_off_air_within_one_miss(
    tmp_path: Path, script: Script, blocks: int
) -> None:
    script.find("alpha")
    hosts = {ALPHA.text(PREFIX): "alpha", BETA.text(PREFIX): "beta", GAMMA.text(PREFIX): "gamma"}
    dead = None
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        for block in range(150):
            term = script.follower.term(INIT0)
            assert term is not None
            if block == blocks:
                dead = term.key
                script.lose(hosts[dead])
            if block == blocks + 4:
                await t.post(next(k for k in (ALPHA, BETA, GAMMA) if k.text(PREFIX) == dead))
            idle = term.key == dead and script.chain.owner() == INIT0
            script.produce(2 if idle else 1, include=bool(script.pending))
            for seconds in (0.0, 0.8, 1.0):
                script.now += seconds
                await t.worker.step()
        term = script.follower.term(INIT0)
        assert term is not None
        assert term.key != dead
        missed = [m for e in script.follower.entries() for m in e.missed if m.witness == INIT0]
        assert len(missed) <= 1
        assert len((await t.record()).rotations) <= 4


async def test_drill_whose_first_host_never_signs_again_leaves_one_on_air_that_does(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        await play_on(t, ALPHA)
        assert keys_on_chain(script) == ["beta", "gamma", "alpha", "beta"]
        drilled = {d.producer: d.result for d in await t.journal.drills(WITNESS)}
        assert drilled == {"beta": "signed", "gamma": "signed", "alpha": "never_signed"}


async def test_drill_leaves_a_backup_that_never_signs_though_the_first_host_is_down(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        script.lose("alpha")
        record = await play_on(t, GAMMA)
        assert [r.draft.producer for r in record.rotations] == ["beta", "gamma", "beta"]
        assert await t.words("ended") == ["given_up"]


async def test_preferred_host_comes_back_after_its_time_in_a_quiet_moment(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script, RETURNING) as t:
        await ordered(t, Cause.MANUAL, Order("you", "why not", ("beta",)))
        await play_on(t)
        left = script.now
        while not (await t.record()).incidents:
            await t.worker.step()
            script.produce()
        assert script.now - left >= 60
        await play_on(t)
        assert keys_on_chain(script) == ["beta", "alpha"]
        assert not script.follower.recent_misses(INIT0)
        assert not any(r.accuses for r in (await t.record()).rotations)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(arm=True),
        Policy(arm=False, return_after=60),
        Policy(arm=True, return_after=60, dry_run=True),
        Policy(arm=True, return_after=100_000),
    ],
)
async def test_without_being_told_to_nothing_comes_back(
    tmp_path: Path, script: Script, policy: Policy
) -> None:
    script.find("alpha")
    script.find("beta")
    script.put_on_air(BETA)
    async with troupe(tmp_path, script, policy) as t:
        for _ in range(60):
            script.produce()
            await t.worker.step()
        assert not (await t.record()).incidents
        assert not script.broadcast


async def test_preferred_host_that_goes_away_again_is_not_waited_for(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script, RETURNING) as t:
        await ordered(t, Cause.RETURN, Order("policy", "well", ("gamma",)))
        script.lose("gamma")
        await t.worker.step()
        assert await t.words("ended") == ["resolved"]
        assert not script.broadcast


async def test_key_that_somebody_else_set_is_given_the_same_time_before_the_return(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    script.since["alpha"] = script.now - 1_000
    script.put_on_air(BETA)
    begun = script.now
    async with troupe(tmp_path, script, RETURNING) as t:
        while not (await t.record()).incidents:
            await t.worker.step()
            script.produce()
        assert script.now - begun >= 60


async def test_preferred_host_has_to_be_well_without_a_break_before_it_returns(
    tmp_path: Path, script: Script
) -> None:
    script.put_on_air(BETA)
    script.run(30)
    async with troupe(tmp_path, script, RETURNING) as t:
        script.find("alpha")
        for _ in range(15):
            await t.worker.step()
            script.produce()
        script.lose("alpha")
        script.produce()
        script.find("alpha")
        begun = script.now
        while not (await t.record()).incidents:
            await t.worker.step()
            script.produce()
        assert script.now - begun >= 60


async def test_host_that_never_signed_may_be_put_on_air_by_hand_at_once(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.DRILL, DRILL)
        await play_on(t, BETA)
        await ordered(t, Cause.MANUAL, Order("you", "beta is mended", ("beta",)))
        record = await play_on(t)
        assert keys_on_chain(script) == ["beta", "gamma", "alpha", "beta"]
        assert record.rotations[-1].outcome is Outcome.ON_AIR


async def test_dead_host_is_dealt_with_before_an_order_that_came_earlier(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await ordered(t, Cause.MANUAL, Order("you", "why not", ("gamma",)))
        await t.post(ALPHA)
        await t.worker.step()
        [rotation] = (await t.record()).rotations
        assert rotation.draft.producer == "beta"
        assert not rotation.draft.by_hand


async def test_preferred_host_that_does_not_sign_is_tried_once_a_day(
    tmp_path: Path, script: Script
) -> None:
    script.find("alpha")
    script.put_on_air(BETA)
    silent = ALPHA.text(PREFIX)
    async with troupe(tmp_path, script, Policy(arm=True, return_after=60)) as t:
        begun = script.now
        while script.now < begun + 4_000:
            await t.worker.step()
            term, slot = script.follower.term(INIT0), 1
            while term and term.key == silent and script.chain.owner(slot) == INIT0:
                slot += 1
            script.produce(slot, include=bool(script.pending))
        rotations = (await t.record()).rotations
        assert [r.draft.producer for r in rotations] == ["alpha", "beta"]


async def test_exhausted_witness_is_stopped_with_the_null_key_where_that_is_wanted(
    tmp_path: Path, script: Script
) -> None:
    script.lose("beta")
    script.lose("gamma")
    async with reported_outage(tmp_path, script, Policy(arm=True, exhausted="null_key")) as t:
        for _ in range(40):
            await t.worker.step()
            slot = 2 if script.chain.owner() == INIT0 else 1
            script.produce(slot, include=bool(script.pending))
        assert keys_on_chain(script) == [null_key(PREFIX)]
        record = await t.record()
        assert [r.outcome for r in record.rotations] == [Outcome.IRREVERSIBLE]
        assert await t.words("ended") == ["replaced"]
        assert await t.post(ALPHA, starts_at="2026-11-21T09:00:00Z") == ["opened"]
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "stopped_by_owner"


@pytest.mark.parametrize("misses", [0, 1])
async def test_loss_of_every_host_at_once_does_not_stop_a_witness(
    tmp_path: Path, script: Script, misses: int
) -> None:
    script.until_slot_is_far(5)
    for host in ("alpha", "beta", "gamma"):
        script.lose(host)
    policy = Policy(arm=True, preempt_after=3, exhausted="null_key")
    async with troupe(tmp_path, script, policy) as t:
        await t.post(ALPHA, name="ProducerDown")
        script.miss(misses)
        while not script.next_slot():
            script.run(1, init0_dead=True)
        interval = script.chain.interval
        script.before_next_slot(interval + LEAD)
        await t.worker.step()
        script.now += LEAD - LEAST_LEAD
        await t.worker.step()
        assert await t.words("decision") == ["no_backup_ready"]
        assert not script.broadcast


async def test_null_key_waits_for_a_backup_that_went_away_just_now(
    tmp_path: Path, script: Script
) -> None:
    policy = Policy(arm=True, exhausted="null_key")
    script.miss(3)
    script.lose("beta")
    script.lose("gamma")
    async with troupe(tmp_path, script, policy) as t:
        await t.post(ALPHA)
        await t.worker.step()
        [incident] = (await t.record()).incidents
        assert incident.decision == "not_yet"
        assert incident.planned == script.now + 60
        script.find("beta")
        await t.worker.step()
        assert (await t.record()).rotations[0].draft.producer == "beta"
