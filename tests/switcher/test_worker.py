"""How incidents and rotations go, block by block."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from devnet.keys import signing_key
from switcher.errors import JournalError
from switcher.journal import Journal
from switcher.model import Arming, Outcome
from switcher.settings import Policy
from switcher.transaction import VALID_SECONDS
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, FEE, GAMMA, INIT0, Script, troupe
from tests.switcher.stage import WITNESS

AS_FAR_AS_THE_BLOCK = ["rotate_signing_key", "rotate", "broadcast", "sent", "in_block"]


@pytest.fixture
def script() -> Script:
    return Script()


async def test_dead_host_is_replaced(tmp_path: Path, script: Script) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        [transaction] = script.transactions
        assert transaction["operations"][0][1]["new_signing_key"] == BETA.text(PREFIX)
        script.produce(include=True)
        await t.worker.step()
        script.until_signed()
        await t.worker.step()
        script.run(12)
        await t.worker.step()
        told = await t.words()
        assert told[:5] == AS_FAR_AS_THE_BLOCK
        assert set(told[5:7]) == {"on_air", "irreversible"}
        assert told[7:] == ["on_air"]
        record = await t.journal.record(WITNESS, 0)
        assert record.incidents == ()
        assert [r.outcome for r in record.rotations] == [Outcome.ON_AIR]


async def test_irreversible_and_on_air_come_in_either_order(tmp_path: Path) -> None:
    orders = set()
    for wait in range(14):
        folder, script = tmp_path / str(wait), Script()
        folder.mkdir()
        script.miss(3)
        script.run(wait, init0_dead=True)
        async with troupe(folder, script) as t:
            await t.post(ALPHA)
            await t.worker.step()
            script.produce(2 if script.chain.owner() == INIT0 else 1, include=True)
            while not await t.words("ended"):
                await t.worker.step()
                script.produce()
            told = await t.words()
            assert told[-1] == "on_air"
            orders.add(tuple(told[5:7]))
    assert orders == {("on_air", "irreversible"), ("irreversible", "on_air")}


async def test_healthy_witness_is_left_alone_and_told_once(tmp_path: Path, script: Script) -> None:
    async with troupe(tmp_path, script) as t:
        assert await t.post(ALPHA) == ["opened"]
        for _ in range(5):
            await t.worker.step()
            assert await t.post(ALPHA) == ["renewed"]
            script.run(1)
        assert await t.words() == ["rotate_signing_key", "not_corroborated"]
        assert script.broadcast == []


async def test_held_incident_is_decided_again_with_every_block(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.miss(3)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated", "rotate"]


async def test_resolved_alert_ends_its_incident_before_a_broadcast(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.post(ALPHA, status="resolved") == ["ended"]
        script.miss(3)
        await t.worker.step()
        assert await t.words() == ["rotate_signing_key", "not_corroborated", "resolved"]
        assert script.broadcast == []


async def test_one_of_two_alerts_resolving_ends_nothing(tmp_path: Path, script: Script) -> None:
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        assert await t.post(ALPHA, name="AnotherRule") == ["renewed"]
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        script.miss(3)
        await t.worker.step()
        assert "broadcast" in await t.words("step")


async def test_resolved_alert_does_not_end_what_is_broadcast(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert await t.words("ended") == ["on_air"]


async def test_incident_that_nothing_renews_ends(tmp_path: Path, script: Script) -> None:
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.now += 299
        await t.worker.step()
        assert await t.words("ended") == []
        script.now += 2
        await t.worker.step()
        assert await t.words("ended") == ["not_renewed"]
        assert await t.post(ALPHA) == ["opened"]


async def test_downtime_of_the_switcher_does_not_end_an_incident(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
    script.run(120)
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        assert await t.words("ended") == []


async def test_alert_about_an_earlier_key_is_superseded_and_its_repeats_are_not_told(
    tmp_path: Path, script: Script
) -> None:
    async with troupe(tmp_path, script) as t:
        assert await t.post(GAMMA) == ["opened"]
        await t.worker.step()
        assert await t.words() == ["rotate_signing_key", "superseded", "superseded"]
        assert await t.post(GAMMA) == ["repeated"]
        await t.worker.step()
        assert len(await t.words()) == 3


async def test_repeats_after_the_rotation_open_nothing(tmp_path: Path, script: Script) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert await t.post(ALPHA) == ["repeated"]
        assert await t.post(ALPHA, status="resolved") == ["ignored"]
        assert (await t.words())[5:] == ["irreversible", "on_air", "on_air"]


async def test_silent_backup_is_replaced_within_the_incident(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        for _ in range(30):
            script.run(1, init0_dead=True)
            await t.worker.step()
            if len(script.transactions) == 2:
                break
        second = script.transactions[1]
        assert second["operations"][0][1]["new_signing_key"] == GAMMA.text(PREFIX)
        told = await t.words()
        assert told[told.index("irreversible") + 1 :] == [
            "never_signed",
            "accused",
            "rotate",
            "broadcast",
            "sent",
        ]
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words("ended")) == ["on_air"]
        record = await t.journal.record(WITNESS, 0)
        assert [r.outcome for r in record.rotations] == [Outcome.NEVER_SIGNED, Outcome.ON_AIR]
        assert record.spent() == 2


async def test_silent_backup_stays_when_nobody_is_left(tmp_path: Path, script: Script) -> None:
    script.producers_up["gamma"] = False
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        await t.post(ALPHA, status="resolved")
        for _ in range(150):
            script.run(1, init0_dead=True)
            await t.worker.step()
        assert (await t.words())[-2:] == ["accused", "no_backup_ready"]
        script.producers_up["gamma"] = True
        await t.worker.step()
        assert len(script.transactions) == 2


async def test_reorganisation_returns_a_rotation_to_unconfirmed(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        before = script.fork()
        [waiting] = script.pending.values()
        script.produce(include=True)
        await t.worker.step()
        script.reorganise(before, 2)
        await t.worker.step()
        record = await t.journal.record(WITNESS, 0)
        assert record.open_rotation is not None
        assert record.open_rotation.block is None
        assert (await t.words("step"))[-2:] == ["in_block", "dropped"]
        assert list(script.pending.values()) == [waiting]
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


async def test_transaction_is_sent_again_until_a_block_holds_it(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("step") == ["broadcast"]
        script.deaf = set()
        script.run(1, init0_dead=True)
        await t.worker.step()
        assert await t.words("step") == ["broadcast", "sent"]
        assert len(script.transactions) == 1


async def test_transaction_written_down_before_a_kill_is_sent_after_it(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
    script.deaf = set()
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


async def test_transaction_is_not_sent_again_once_disarmed(tmp_path: Path, script: Script) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert script.broadcast != []
        script.broadcast.clear()
        await t.journal.arm(WITNESS, Arming(False, "maria", "maintenance", script.now))
        await t.worker.step()
        assert script.broadcast == []


async def test_dry_run_sends_nothing_that_an_earlier_run_wrote_down(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert script.broadcast != []
        script.broadcast.clear()
    async with troupe(tmp_path, script, Policy(arm=True, dry_run=True)) as t:
        await t.worker.step()
        assert script.broadcast == []


async def test_key_that_somebody_else_put_in_force_is_not_overwritten(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert script.broadcast != []
        script.broadcast.clear()
        script.follower.apply(script.chain.produce(1, {INIT0: GAMMA}))
        await t.worker.step()
        assert script.broadcast == []


@pytest.mark.parametrize("blocks_later", [0, 3, 30, 300])
async def test_restart_recognises_what_is_on_the_chain_already(
    tmp_path: Path, script: Script, blocks_later: int
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
    script.produce(include=True)
    script.run(blocks_later)
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


class KilledError(BaseException):
    """The process ended here."""


def _kill_at(journal: Journal, call: int, *, done: bool) -> None:
    """End the process at a call of the journal from now on, before or after it was `done`."""
    run, left = journal._run, call

    async def killed(*work: object, **options: object) -> object:
        nonlocal left
        left -= 1
        if left == 0 and done:
            await run(*work, **options)  # type: ignore[arg-type]
        if left <= 0:
            raise KilledError
        return await run(*work, **options)  # type: ignore[arg-type]

    journal._run = killed  # type: ignore[assignment]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(16))
async def test_killed_at_any_write_it_rotates_exactly_once(
    tmp_path: Path, script: Script, writes: int, done: bool
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        _kill_at(t.journal, writes, done=done)
        with contextlib.suppress(KilledError):
            for _ in range(3):
                await t.worker.step()
                script.produce(slot=1 if script.pending else 2, include=bool(script.pending))
    async with troupe(tmp_path, script) as t:
        for _ in range(30):
            await t.worker.step()
            script.run(1) if not script.pending else script.produce(include=True)
        told = await t.words()
        assert told[-1] == "on_air"
        assert told.count("broadcast") == 1
        assert len(script.transactions) == 1
        record = await t.journal.record(WITNESS, 0)
        assert [r.outcome for r in record.rotations] == [Outcome.ON_AIR]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(4))
async def test_killed_when_the_backup_has_missed_its_slot_it_goes_on_to_the_next(
    tmp_path: Path, script: Script, writes: int, done: bool
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        while not script.follower.recent_misses(INIT0):
            script.run(1, init0_dead=True)
        script.run(12, init0_dead=True)
        _kill_at(t.journal, writes, done=done)
        with contextlib.suppress(KilledError):
            await t.worker.step()
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        assert len(script.transactions) == 2
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words("ended")) == ["on_air"]


async def test_expired_transaction_is_dead_only_when_the_chain_says_so(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        rotation = (await t.journal.record(WITNESS, 0)).open_rotation
        assert rotation is not None
        while script.chain.time <= rotation.draft.expiration:
            script.run(1, init0_dead=True)
        script.run(1, init0_dead=True)
        await t.post(ALPHA)
        await t.worker.step()
        assert "expired" not in await t.words()
        for _ in range(20):
            script.run(1, init0_dead=True)
            script.pending = {}
            await t.worker.step()
        assert len(script.transactions) == 2
        assert (await t.words("step"))[:4] == ["broadcast", "sent", "expired", "broadcast"]


async def test_incident_is_given_up_after_three_expired_transactions(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        for _ in range(4 * VALID_SECONDS // script.chain.interval + 60):
            await t.worker.step()
            await t.post(ALPHA)
            if await t.words("ended"):
                break
            script.run(1, init0_dead=True)
        assert await t.words("ended") == ["expired"]
        assert len(script.transactions) == 3
        assert (await t.journal.record(WITNESS, 0)).spent() == 0


async def test_refusal_is_told_with_its_code_and_tried_again_after_the_cool_down(
    tmp_path: Path, script: Script
) -> None:
    script.refusal = (4010001, "Missing Active Authority 1.2.6")
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        await t.worker.step()
        assert (await t.words())[1:] == ["rotate", "broadcast", "rejected", "cooling_down"]
        [entry] = [e for e in await t.journal.entries() if e.value == "rejected"]
        assert entry.details["code"] == 4010001
        script.refusal = None
        script.run(25, init0_dead=True)
        await t.worker.step()
        assert (await t.words("step"))[-2:] == ["broadcast", "sent"]
        assert (await t.journal.record(WITNESS, 0)).spent() == 1


async def test_refusal_of_what_an_earlier_run_may_have_sent_ends_nothing(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = {"eu", "us", "asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
    script.deaf, script.refusal = set(), (10, "Insufficient Balance")
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        assert (await t.journal.record(WITNESS, 0)).open_rotation is not None
        assert await t.words("step") == ["broadcast"]


async def test_account_that_can_t_pay_sends_nothing(tmp_path: Path, script: Script) -> None:
    script.balances = dict.fromkeys(script.balances, FEE - 1)
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("step") == ["cannot_pay"]
        assert script.broadcast == []


@pytest.mark.parametrize("shown", [0, 1_000_000_000])
async def test_one_lying_node_does_not_stop_a_rotation_over_the_balance(
    tmp_path: Path, script: Script, shown: int
) -> None:
    script.balances["eu"] = shown
    script.down = {"asia"}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("step") == ["broadcast", "sent"]


async def test_key_that_is_no_authority_sends_nothing(tmp_path: Path, script: Script) -> None:
    script.authority = GAMMA
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("step") == ["cannot_sign"]
        assert script.broadcast == []


async def test_one_lying_node_does_not_set_the_fee(tmp_path: Path, script: Script) -> None:
    script.fees["eu"] = 900_000_000
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        [transaction] = script.transactions
        assert transaction["operations"][0][1]["fee"]["amount"] == FEE


async def test_nodes_that_name_different_fees_hold_the_rotation(
    tmp_path: Path, script: Script
) -> None:
    script.fees = {"eu": 1, "us": 2, "asia": 3}
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("decision") == ["not_quorate"]


async def test_two_incidents_of_one_witness_rotate_once(tmp_path: Path, script: Script) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA, GAMMA)
        await t.worker.step()
        script.run(1, init0_dead=True)
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_storm_of_accusations_does_not_hold_up_the_true_one(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = [signing_key("nobody", str(number)) for number in range(30)]
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(*forged)
        decide = t.journal.decide

        async def alert_comes(*work: Any) -> bool:
            monkeypatch.undo()
            await t.post(ALPHA)
            t.worker.wake()
            return await decide(*work)

        monkeypatch.setattr(t.journal, "decide", alert_comes)
        await t.worker.step()
        await t.worker.step()
        assert await t.words("decision") == ["superseded", "rotate"]


async def test_budget_and_cool_down_survive_a_restart(tmp_path: Path, script: Script) -> None:
    policy = Policy(arm=True, rotations_per_day=1)
    script.miss(3)
    async with troupe(tmp_path, script, policy) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        script.until_signed()
        script.run(12)
        await t.worker.step()
    script.miss(3)
    async with troupe(tmp_path, script, policy) as t:
        await t.post(BETA)
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "budget_spent"
    async with troupe(tmp_path, script, Policy(arm=True, cool_down=10_000)) as t:
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "cooling_down"


async def test_disarmed_witness_stays_so_over_a_restart(tmp_path: Path, script: Script) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.journal.arm(WITNESS, Arming(False, "maria", "maintenance", script.now))
        await t.post(ALPHA)
    async with troupe(tmp_path, script) as t:
        await t.worker.step()
        assert await t.words("decision") == ["disarmed"]
        [incident] = (await t.journal.record(WITNESS, 0)).incidents
        assert "maria: maintenance" in incident.sentence
        await t.journal.arm(WITNESS, Arming(True, "maria", "done", script.now))
        await t.worker.step()
        assert await t.words("decision") == ["disarmed", "rotate"]


async def test_alert_that_resolves_while_signing_stops_the_broadcast(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        asked = script.call

        async def resolved_meanwhile(*call: object, **options: object) -> object:
            await t.post(ALPHA, status="resolved")
            return await asked(*call, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(script, "call", resolved_meanwhile)
        await t.worker.step()
        assert script.broadcast == []
        assert (await t.words())[-1] == "resolved"


async def test_disarming_while_the_nodes_are_asked_stops_the_broadcast(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        asked = script.call

        async def disarmed_meanwhile(*call: object, **options: object) -> object:
            await t.journal.arm(WITNESS, Arming(False, "maria", "stop", script.now))
            return await asked(*call, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(script, "call", disarmed_meanwhile)
        await t.worker.step()
        assert script.broadcast == []
        assert await t.words("step") == []


async def test_unusable_journal_holds_everything(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.miss(3)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)

        async def full(*_: object) -> None:
            raise JournalError("database or disk is full")

        monkeypatch.setattr(t.journal, "open_rotation", full)
        with pytest.raises(JournalError):
            await t.worker.step()
        assert script.broadcast == []
        monkeypatch.undo()
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_host_that_signs_again_is_left_until_it_misses_again(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    script.until_signed()
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated"]
        script.miss(4)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated", "rotate"]
