"""What a worker knows again after the service was stopped or killed, or its journal failed."""

from __future__ import annotations

import contextlib

import pytest

from switcher.errors import JournalError
from switcher.journal.journal import Journal
from switcher.model import Arming, Cause, Order, Outcome
from switcher.settings import Policy
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, INIT0, NODES, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import handled_outage, reported_outage, troupe


async def test_downtime_of_the_switcher_does_not_end_an_incident(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
    script.run(120)
    async with troupe(database, script) as t:
        await t.worker.step()
        assert await t.words("ended") == []


async def test_transaction_written_down_before_a_kill_is_sent_after_it(
    database: str, script: Script
) -> None:
    script.deaf = set(NODES)
    async with handled_outage(database, script):
        pass
    script.deaf = set()
    async with troupe(database, script) as t:
        await t.worker.step()
        await t.come_on_air()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


async def test_refusal_of_what_an_earlier_run_may_have_sent_ends_nothing(
    database: str, script: Script
) -> None:
    script.deaf = set(NODES)
    async with handled_outage(database, script):
        pass
    script.deaf, script.refusal = set(), (10, "Insufficient Balance")
    async with troupe(database, script) as t:
        await t.worker.step()
        assert (await t.record()).open_rotation is not None
        assert await t.words("step") == ["broadcast"]


@pytest.mark.parametrize("blocks_later", [0, 3, 30, 300])
async def test_restart_recognises_what_is_on_the_chain_already(
    database: str, script: Script, blocks_later: int
) -> None:
    async with handled_outage(database, script):
        pass
    script.produce(include=True)
    script.run(blocks_later)
    async with troupe(database, script) as t:
        await t.worker.step()
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


async def test_budget_and_cool_down_survive_a_restart(database: str, script: Script) -> None:
    policy = Policy(arm=True, rotations_per_day=1)
    async with handled_outage(database, script, policy) as t:
        await t.come_on_air()
    script.miss(3)
    async with troupe(database, script, policy) as t:
        await t.post(BETA)
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "budget_spent"
    async with troupe(database, script, Policy(arm=True, cool_down=10_000)) as t:
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "cooling_down"


async def test_restart_does_not_choose_before_the_hosts_were_looked_at(
    database: str, script: Script
) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        script.meet_none("beta")
        await t.worker.step()
        assert await t.words("decision") == []
        script.meet_none()
        await t.worker.step()
        assert (await t.record()).rotations[0].draft.producer == "beta"


async def test_host_that_can_not_be_looked_at_is_not_waited_for_for_long(
    database: str, script: Script
) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        script.meet_none("beta")
        script.run(4, init0_dead=True)
        await t.worker.step()
        assert (await t.record()).rotations[0].draft.producer == "gamma"


async def test_drill_outlives_a_restart_after_which_no_host_is_known_yet(
    database: str, script: Script
) -> None:
    script.find("alpha")
    async with troupe(database, script) as t:
        order = Order("you", "to be sure", ("beta", "gamma"), "alpha")
        await t.journal.open_order(WITNESS, ALPHA.text(PREFIX), Cause.DRILL, order, script.now)
    async with troupe(database, script) as t:
        script.meet_none("alpha", "beta", "gamma")
        await t.worker.step()
        assert await t.words("ended") == []
        script.meet_none()
        script.until_slot_is_far(5)
        await t.worker.step()
        assert (await t.record()).rotations[0].draft.producer == "beta"


async def test_disarmed_witness_stays_so_over_a_restart(database: str, script: Script) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.journal.arm(WITNESS, Arming(False, "maria", "maintenance", script.now))
        await t.post(ALPHA)
    async with troupe(database, script) as t:
        await t.worker.step()
        assert await t.words("decision") == ["disarmed"]
        [incident] = (await t.record()).incidents
        assert "maria: maintenance" in incident.sentence
        await t.journal.arm(WITNESS, Arming(True, "maria", "done", script.now))
        await t.worker.step()
        assert await t.words("decision") == ["disarmed", "rotate"]


async def test_unusable_journal_holds_everything(
    database: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reported_outage(database, script) as t:

        async def full(*_: object) -> None:
            raise JournalError("database or disk is full")

        monkeypatch.setattr(t.journal, "open_rotation", full)
        with pytest.raises(JournalError):
            await t.worker.step()
        assert script.broadcast == []
        monkeypatch.undo()
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_switcher_whose_journal_is_gone_says_that_it_does_not_act(
    database: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with troupe(database, script) as t:
        await t.worker.step()
        assert 'understudy_acting{witness="init0"} 1.0' in t.metrics.expose().decode()

        async def gone(*_: object) -> None:
            t.worker.stop()
            raise JournalError("server closed the connection unexpectedly")

        monkeypatch.setattr(t.journal, "record", gone)
        await t.worker.run()
        assert 'understudy_acting{witness="init0"} 0.0' in t.metrics.expose().decode()


class KilledError(BaseException):
    """The process ended here."""


def _kill_at(journal: Journal, call: int, *, done: bool) -> None:
    """End the process at a call of the journal from now on, before or after it was `done`."""
    worker, left = journal._worker, call
    run = worker._run

    async def killed(*work: object) -> object:
        nonlocal left
        left -= 1
        if left == 0 and done:
            await run(*work)  # type: ignore[arg-type]
        if left <= 0:
            raise KilledError
        return await run(*work)  # type: ignore[arg-type]

    worker._run = killed  # type: ignore[assignment]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(16))
async def test_killed_at_any_write_it_rotates_exactly_once(
    database: str, script: Script, writes: int, done: bool
) -> None:
    async with reported_outage(database, script) as t:
        _kill_at(t.journal, writes, done=done)
        with contextlib.suppress(KilledError):
            for _ in range(3):
                await t.worker.step()
                script.produce(slot=1 if script.pending else 2, include=bool(script.pending))
    async with troupe(database, script) as t:
        for _ in range(30):
            await t.worker.step()
            script.run(1) if not script.pending else script.produce(include=True)
        told = await t.words()
        assert told[-1] == "on_air"
        assert told.count("broadcast") == 1
        assert len(script.transactions) == 1
        record = await t.record()
        assert [r.outcome for r in record.rotations] == [Outcome.ON_AIR]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(2, 62, 15))
async def test_killed_at_any_write_a_drill_goes_on_where_it_was(
    database: str, script: Script, writes: int, done: bool
) -> None:
    script.find("alpha")
    order = Order("you", "to be sure", ("beta", "gamma"), "alpha")
    async with troupe(database, script) as t:
        await t.journal.open_order(WITNESS, ALPHA.text(PREFIX), Cause.DRILL, order, script.now)
        _kill_at(t.journal, writes, done=done)
        with contextlib.suppress(KilledError):
            while True:
                await t.worker.step()
                script.produce(include=bool(script.pending))
    async with troupe(database, script) as t:
        while not await t.words("ended"):
            await t.worker.step()
            script.produce(include=bool(script.pending))
        rotations = (await t.record()).rotations
        assert [r.draft.producer for r in rotations] == ["beta", "gamma", "alpha"]
        assert {r.outcome for r in rotations} == {Outcome.ON_AIR}
        assert len(script.transactions) == 3
        assert not script.follower.recent_misses(INIT0)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(4))
async def test_killed_when_the_backup_has_missed_its_slot_it_goes_on_to_the_next(
    database: str, script: Script, writes: int, done: bool
) -> None:
    async with handled_outage(database, script) as t:
        script.produce(include=True)
        while not script.follower.recent_misses(INIT0):
            script.run(1, init0_dead=True)
        script.run(12, init0_dead=True)
        _kill_at(t.journal, writes, done=done)
        with contextlib.suppress(KilledError):
            await t.worker.step()
    async with troupe(database, script) as t:
        await t.worker.step()
        assert len(script.transactions) == 2
        await t.come_on_air()
        assert (await t.words("ended")) == ["on_air"]
