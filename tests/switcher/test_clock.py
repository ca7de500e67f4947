"""A clock that is off, or is set: the right thing is done all the same, and it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chains.bitshares.offset import Timekeeping
from switcher.model import Arming, Cause, Decision, Order
from switcher.moment import LEAD
from switcher.settings import Policy
from switcher.status import alert_path, clock_status, sees_the_chain
from tests.switcher.scripted import ALPHA, INIT0, NODES, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, troupe

INTERVAL = 3
ROUND = 7
EITHER_WAY = pytest.mark.parametrize("off", [-30.0, 30.0])


@asynccontextmanager
async def astray(
    folder: Path, script: Script, off: float, policy: Policy | None = None
) -> AsyncIterator[Troupe]:
    """Open a troupe whose clock is off, after a round in which blocks have told so."""
    script.off = off
    async with troupe(folder, script, policy) as t:
        script.run(ROUND)
        yield t


async def decision_of(t: Troupe) -> tuple[Decision | None, str]:
    [incident] = (await t.record()).incidents
    return incident.decision, incident.sentence


@EITHER_WAY
async def test_dead_host_is_replaced_once(tmp_path: Path, script: Script, off: float) -> None:
    async with astray(tmp_path, script, off) as t:
        script.miss(3)
        await t.post(ALPHA)
        await t.worker.step()
        assert len(script.transactions) == 1
        await t.come_on_air()
        await t.post(ALPHA)
        await t.worker.step()
        assert len(script.transactions) == 1
        assert (await t.words("ended")) == ["on_air"]


@EITHER_WAY
async def test_lost_host_is_replaced_in_time_for_its_slot(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, off, Policy(arm=True, preempt_after=3)) as t:
        script.until_slot_is_far(5)
        script.lose("alpha")
        script.produce()
        await t.post(ALPHA, name="ProducerDown")
        await t.worker.step()
        assert (await decision_of(t))[0] is Decision.NOT_YET
        script.before_next_slot(INTERVAL + LEAD + 0.5)
        await t.worker.step()
        assert not script.broadcast
        script.before_next_slot(INTERVAL + LEAD - 0.5)
        await t.worker.step()
        assert len(script.transactions) == 1


@EITHER_WAY
async def test_healthy_host_is_left_alone(tmp_path: Path, script: Script, off: float) -> None:
    async with astray(tmp_path, script, off) as t:
        script.find("alpha")
        for _ in range(2 * ROUND):
            script.produce()
            await t.post(ALPHA)
            await t.worker.step()
        assert not script.broadcast
        assert set(await t.words("decision")) == {"not_corroborated"}


@EITHER_WAY
async def test_chain_that_stands_still_is_held_as_that(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, off) as t:
        script.miss(3)
        await t.post(ALPHA)
        script.now += 60
        await t.worker.step()
        decision, sentence = await decision_of(t)
        assert decision is Decision.NETWORK_WIDE
        assert sentence == "no block for 60 s: nobody produces, or no node hears of any"


@pytest.mark.parametrize(
    ("off", "decision", "said"),
    [
        (30.0, Decision.NETWORK_WIDE, "or the clock here is ahead"),
        (-30.0, Decision.NOT_QUORATE, "30 s or more behind the chain; set it"),
    ],
)
async def test_after_a_start_nothing_is_done_until_blocks_have_told_the_time(
    tmp_path: Path, script: Script, off: float, decision: Decision, said: str
) -> None:
    script.miss(3)
    fresh = Script()
    fresh.off = off
    fresh.chain, fresh.follower, fresh.now = script.chain, script.follower, script.now
    async with troupe(tmp_path, fresh) as t:
        await t.post(ALPHA)
        await t.worker.step()
        held, sentence = await decision_of(t)
        assert held is decision
        assert said in sentence
        fresh.run(ROUND, init0_dead=True)
        await t.worker.step()
        assert len(fresh.transactions) == 1


async def test_clock_that_is_too_far_ahead_holds_and_says_so(
    tmp_path: Path, script: Script
) -> None:
    async with astray(tmp_path, script, 3_600.0) as t:
        script.miss(3)
        await t.post(ALPHA)
        await t.worker.step()
        decision, sentence = await decision_of(t)
        assert decision is Decision.NOT_QUORATE
        assert "ahead of the chain's, too far to make up for; set it" in sentence
        assert not script.broadcast


@EITHER_WAY
async def test_clock_that_is_set_while_a_rotation_is_planned_changes_nothing(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, 0.0, Policy(arm=True, preempt_after=3)) as t:
        script.until_slot_is_far(5)
        script.lose("alpha")
        script.produce()
        await t.post(ALPHA, name="ProducerDown")
        await t.worker.step()
        script.off = off
        script.before_next_slot(INTERVAL + LEAD + 0.5)
        await t.worker.step()
        assert not script.broadcast
        script.before_next_slot(INTERVAL + LEAD - 0.5)
        await t.worker.step()
        assert len(script.transactions) == 1


@EITHER_WAY
async def test_clock_that_is_set_costs_a_healthy_host_nothing(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, off) as t:
        script.find("alpha")
        for step in (0.0, -off, 0.0, off):
            script.off = step
            for _ in range(ROUND):
                script.produce()
                await t.post(ALPHA)
                await t.worker.step()
        assert not script.broadcast


@EITHER_WAY
async def test_clock_that_is_set_during_a_rotation_does_not_repeat_it(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, off) as t:
        script.miss(3)
        await t.post(ALPHA)
        await t.worker.step()
        script.off = 0.0
        await t.come_on_air()
        await t.post(ALPHA)
        await t.worker.step()
        assert len(script.transactions) == 1


@EITHER_WAY
async def test_cool_down_lasts_as_long_as_ever_when_the_clock_is_set(
    tmp_path: Path, script: Script, off: float
) -> None:
    async with astray(tmp_path, script, 0.0, Policy(arm=True, cool_down=60)) as t:
        script.miss(3)
        await t.post(ALPHA)
        await t.worker.step()
        [rotation] = (await t.record()).rotations
        script.off = off
        await t.come_on_air()
        [over] = (await t.record()).rotations
        assert over.opened == rotation.opened
        assert script.clock() - rotation.opened == pytest.approx(
            script.now - rotation.opened, abs=0.21
        )


async def test_majority_that_is_late_by_half_a_minute_fools_nobody(
    tmp_path: Path, script: Script
) -> None:
    """One node shows the head: the others don't make the clock look as if it was ahead."""
    async with astray(tmp_path, script, 0.0) as t:
        for _ in range(2 * ROUND):
            block = script.produce()
            for node in NODES[1:]:
                script.keeper.heard(node, block.time - 30, script.now - 1_800_000_000)
            await t.worker.step()
        assert script.clock() == script.now


# What a journal holds that was written while the clock was another one


async def test_incident_of_a_time_to_come_ends_all_the_same(tmp_path: Path, script: Script) -> None:
    script.off = 86_400.0
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
    script.off = 0.0
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        assert "ended" not in {e.kind for e in await t.journal.entries()}
        script.now += t.renewal + 1
        await t.worker.step()
        assert await t.words("ended") == ["not_renewed"]


async def test_incident_of_a_time_to_come_goes_on_while_alerts_renew_it(
    tmp_path: Path, script: Script
) -> None:
    script.off = 86_400.0
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
    script.off = 0.0
    async with troupe(tmp_path, script) as t:
        script.now += t.renewal
        assert await t.post(ALPHA) == ["renewed"]
        script.now += 2
        await t.worker.step()
        assert not await t.words("ended")


async def test_incident_that_was_renewed_before_a_small_step_back_goes_on(
    tmp_path: Path, script: Script
) -> None:
    script.off = 30.0
    async with troupe(tmp_path, script) as t:
        script.now += 1_000
        await t.post(ALPHA)
        script.off = 0.0
        script.run(1)
        await t.worker.step()
        assert not await t.words("ended")


async def test_disarming_ends_an_order_that_was_given_by_a_clock_that_was_ahead(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        term = script.follower.term(INIT0)
        assert term is not None
        order = Order("you", "test", ("beta",))
        later = script.now + 3_600
        await t.journal.open_order(WITNESS, term.key, Cause.MANUAL, order, later)
        await t.journal.arm(WITNESS, Arming(False, "you", "stop", script.now))
        await t.worker.step()
        assert await t.words("ended") == ["cancelled"]
        assert not script.broadcast


async def test_order_is_taken_though_the_witness_was_disarmed_by_a_clock_that_was_ahead(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        term = script.follower.term(INIT0)
        assert term is not None
        await t.journal.arm(WITNESS, Arming(False, "you", "moving", script.now + 3_600))
        order = Order("you", "test", ("beta",))
        await t.journal.open_order(WITNESS, term.key, Cause.MANUAL, order, script.now)
        await t.worker.step()
        assert not await t.words("ended")
        assert len(script.transactions) == 1


def test_heartbeat_of_a_time_to_come_does_not_pass_for_a_sign_of_life() -> None:
    assert alert_path(1_090.0, 0.0, 60.0, 1_000.0) == "broken"
    assert alert_path(1_030.0, 0.0, 60.0, 1_000.0) == "ok"
    assert alert_path(1_090.0, 980.0, 60.0, 1_000.0) == "unknown"


def test_switcher_whose_clock_is_too_far_off_leaves_the_work_to_others(script: Script) -> None:
    assert sees_the_chain(script.nodes, Timekeeping())
    assert sees_the_chain(script.nodes, Timekeeping(30.0, corrected=True))
    assert not sees_the_chain(script.nodes, Timekeeping(3_600.0))
    script.down = {"eu", "us"}
    assert not sees_the_chain(script.nodes, Timekeeping())


async def test_status_tells_that_the_clock_is_off(tmp_path: Path, script: Script) -> None:
    async with astray(tmp_path, script, 30.0):
        told = clock_status(script.timekeeping)
        assert told.offset == pytest.approx(30.2)
        assert told.corrected
        assert "30.2 s ahead of the chain's" in told.detail
