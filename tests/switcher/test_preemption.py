"""A host that goes away is replaced before its slot, and one that comes back is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from switcher.errors import JournalError
from switcher.model import Decision, Record
from switcher.moment import LEAD
from switcher.settings import Policy
from switcher.status import incident_statuses
from tests.switcher.scripted import ALPHA, INIT0, NODES, Script
from tests.switcher.troupe import Troupe, troupe

POLICY = Policy(arm=True, preempt_after=3)
INTERVAL = 3


@asynccontextmanager
async def lost_host(folder: Path, script: Script, policy: Policy = POLICY) -> AsyncIterator[Troupe]:
    """Open a troupe whose host is away, well before its slot, and accused of that."""
    script.until_slot_is_far(5)
    script.lose("alpha")
    script.produce()
    async with troupe(folder, script, policy) as t:
        await t.post(ALPHA, name="ProducerDown")
        await t.worker.step()
        yield t


async def decision_of(t: Troupe) -> Decision | None:
    [incident] = (await t.record()).incidents
    return incident.decision


async def test_dead_host_is_replaced_before_it_misses_anything(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script) as t:
        assert await decision_of(t) is Decision.NOT_YET
        assert not script.broadcast
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert len(script.transactions) == 1
        script.produce(include=True)
        assert script.produce().witness == INIT0
        assert not script.follower.recent_misses(INIT0)


async def test_journal_and_status_name_the_time_of_a_planned_rotation(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script) as t:
        slot = script.next_slot()
        [incident] = (await t.record()).incidents
        assert incident.planned == pytest.approx(slot - INTERVAL - LEAD)
        [entry] = [e for e in await t.journal.entries() if e.value == Decision.NOT_YET]
        assert entry.details["planned"] == incident.planned
        assert "beta takes over at" in entry.sentence
        [shown] = incident_statuses((await t.record()).incidents)
        assert shown.planned == incident.planned


async def test_host_that_comes_back_in_time_is_not_replaced(tmp_path: Path, script: Script) -> None:
    async with lost_host(tmp_path, script) as t:
        script.find("alpha")
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_CORROBORATED
        assert await t.post(ALPHA, name="ProducerDown", status="resolved") == ["resolved"]
        await t.worker.step()
        assert await t.words("ended") == ["resolved"]
        assert not script.broadcast


@pytest.mark.parametrize("misses_more", [False, True])
async def test_host_back_after_a_rotation_was_held_has_until_its_next_slot(
    tmp_path: Path, script: Script, misses_more: bool
) -> None:
    async with lost_host(tmp_path, script) as t:
        script.lose("beta")
        script.lose("gamma")
        script.miss(3)
        await t.worker.step()
        assert await decision_of(t) is Decision.NO_BACKUP_READY
        script.find("alpha")
        script.find("beta")
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_CORROBORATED
        if misses_more:
            script.miss(4)
        else:
            script.until_signed()
        await t.worker.step()
        assert bool(script.broadcast) is misses_more


async def test_alert_that_ends_while_the_host_is_still_away_calls_nothing_off(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script) as t:
        assert await t.post(ALPHA, name="ProducerDown", status="resolved") == ["resolved"]
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_incident_whose_alert_ended_is_over_once_the_host_is_back(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script) as t:
        await t.post(ALPHA, name="ProducerDown", status="resolved")
        script.find("alpha")
        await t.worker.step()
        await t.worker.step()
        assert await t.words("decision", "ended") == ["not_yet", "not_corroborated", "resolved"]
        assert not script.broadcast


async def test_host_that_has_been_away_for_a_moment_only_keeps_its_slot(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script, Policy(arm=True, preempt_after=60)) as t:
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_YET
        assert not script.broadcast


async def test_slot_that_the_next_shuffle_may_give_is_worth_a_longer_wait_than_an_own_one(
    tmp_path: Path, script: Script
) -> None:
    while script.chain.number % len(script.chain.active) or script.chain.owner() != INIT0:
        script.produce()
    script.produce()
    script.lose("alpha")
    async with troupe(tmp_path, script, Policy(arm=True, preempt_after=13)) as t:
        await t.post(ALPHA, name="ProducerDown")
        script.run(5)
        script.now += 1.3
        assert not script.next_slot(), "only slots after the shuffle are in reach"
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_YET
        script.run(2, init0_dead=True)
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert await decision_of(t) is Decision.ROTATE
        assert not script.follower.recent_misses(INIT0)


async def test_host_that_signs_though_its_endpoint_is_away_is_left_alone(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script, Policy(arm=True, preempt_after=60)) as t:
        script.until_signed()
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_CORROBORATED
        assert not script.broadcast


async def test_one_miss_of_a_sick_host_is_enough_and_waits_for_its_next_slot(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script, Policy(arm=True, preempt_after=600)) as t:
        script.miss(1)
        while script.next_slot() - script.now < 2 * INTERVAL:
            script.run(1, init0_dead=True)
        await t.worker.step()
        assert await decision_of(t) is Decision.NOT_YET
        assert not script.broadcast
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert len(script.transactions) == 1
        [rotation] = (await t.record()).rotations
        [rotate] = [e for e in await t.journal.entries() if e.value == Decision.ROTATE]
        assert "1 miss, and alpha does not answer" in rotate.sentence
        assert rotation.draft.producer == "beta"


@pytest.mark.parametrize(
    ("back", "decision"),
    [(("eu",), Decision.ROTATE), (("eu", "us"), Decision.NOT_YET), (NODES, Decision.NOT_YET)],
)
async def test_absence_counts_from_when_a_watcher_that_was_cut_off_sees_the_chain_again(
    tmp_path: Path, script: Script, back: tuple[str, ...], decision: Decision
) -> None:
    async with lost_host(tmp_path, script) as t:
        script.before_next_slot(INTERVAL + LEAD)
        script.since = {**script.since, **dict.fromkeys(back, script.now - 1)}
        await t.worker.step()
        assert (await t.words("decision"))[-1] == decision
        assert len(script.transactions) == (decision is Decision.ROTATE)


async def test_worker_sleeps_no_longer_than_until_the_planned_time(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script) as t:
        [incident] = (await t.record()).incidents
        assert t.worker.due == incident.planned


async def test_plan_whose_time_comes_while_it_is_written_down_is_not_slept_over(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lost_host(tmp_path, script) as t:
        script.before_next_slot(INTERVAL + LEAD + 0.05)
        planned, read = script.now + 0.05, t.journal.record

        async def slow(*args: Any) -> Record:
            script.now += 0.04
            return await read(*args)

        monkeypatch.setattr(t.journal, "record", slow)
        await t.worker.step()
        assert not script.broadcast
        assert script.now > planned
        async with asyncio.timeout(0.5):
            await t.worker._sleep()
        monkeypatch.undo()
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_journal_that_is_gone_when_a_rotation_is_due_is_not_asked_without_a_pause(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lost_host(tmp_path, script) as t:
        script.before_next_slot(INTERVAL + LEAD - 0.1)
        asked, often = 0, asyncio.Event()

        async def gone(*_: Any) -> Record:
            nonlocal asked
            asked += 1
            if asked == 10:
                often.set()
            raise JournalError("connection refused")

        monkeypatch.setattr(t.journal, "record", gone)
        working = asyncio.create_task(t.worker.run())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await often.wait()
        monkeypatch.undo()
        async with asyncio.timeout(2):  # sooner than after the longest sleep
            while not script.transactions:
                await asyncio.sleep(0.01)
        t.worker.stop()
        await working
        assert len(script.transactions) == 1


async def test_new_plan_is_told_once_and_only_when_its_time_is_another_one(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script, Policy(arm=True, preempt_after=14)) as t:
        for _ in range(14):
            await t.worker.step()
            await t.worker.step()
            script.run(1, init0_dead=True)
        told = [e for e in await t.journal.entries() if e.value == Decision.NOT_YET]
        plans = [e.details["planned"] for e in reversed(told)]
        assert len(plans) >= 2
        assert all(one != other for one, other in pairwise(plans))


async def test_disarmed_witness_shows_what_would_have_been_done(
    tmp_path: Path, script: Script
) -> None:
    async with lost_host(tmp_path, script, Policy(preempt_after=3)) as t:
        assert await decision_of(t) is Decision.DISARMED
        script.before_next_slot(INTERVAL + LEAD)
        await t.worker.step()
        assert await decision_of(t) is Decision.DISARMED
        assert (await t.words("decision")) == ["disarmed"]
        assert not script.broadcast
