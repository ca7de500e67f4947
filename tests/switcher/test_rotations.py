"""How a rotation goes, block by block, until a host is on air or it is given up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switcher.model import Outcome
from switcher.transaction import VALID_SECONDS
from tests.support.chain import PREFIX
from tests.support.lookups import hanging_lookups
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, NODES, Script
from tests.switcher.troupe import handled_outage, reported_outage, troupe

AS_FAR_AS_THE_BLOCK = ["rotate_signing_key", "rotate", "broadcast", "sent", "in_block"]


async def test_dead_host_is_replaced(tmp_path: Path, script: Script) -> None:
    async with handled_outage(tmp_path, script) as t:
        [transaction] = script.transactions
        assert transaction["operations"][0][1]["new_signing_key"] == BETA.text(PREFIX)
        script.produce(include=True)
        await t.worker.step()
        script.until_signed()
        first = script.follower.head
        await t.worker.step()
        script.run(12)
        await t.worker.step()
        told = await t.words()
        assert first is not None
        assert f"beta signed block {first.number}" in await t.sentences()
        assert told[:5] == AS_FAR_AS_THE_BLOCK
        assert set(told[5:7]) == {"on_air", "irreversible"}
        assert told[7:] == ["on_air"]
        record = await t.record()
        assert record.incidents == ()
        assert [(r.outcome, r.accuses) for r in record.rotations] == [(Outcome.ON_AIR, True)]


async def test_dead_host_is_replaced_while_no_name_server_answers(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reported_outage(tmp_path, script) as t, hanging_lookups(monkeypatch):
        async with asyncio.timeout(5):
            await t.worker.step()
        assert len(script.transactions) == 1


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


async def test_rotation_of_a_witness_that_is_voted_out_ends_when_it_is_irreversible(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    while not script.next_slot() or script.next_slot() < script.chain.time + 18:
        script.run(1, init0_dead=True)
    async with troupe(tmp_path, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        while "irreversible" not in await t.words():
            script.produce()
            await t.worker.step()
        assert (await t.record()).open_rotation is not None
        script.vote_out()
        await t.worker.step()
        [rotation] = (await t.record()).rotations
        assert rotation.outcome is Outcome.IRREVERSIBLE
        assert "init0 is not active" in rotation.sentence


async def test_silent_backup_costs_one_slot_and_no_wait_for_irreversibility(
    tmp_path: Path, script: Script
) -> None:
    async with handled_outage(tmp_path, script) as t:
        script.produce(include=True)
        await t.worker.step()
        script.miss(1)
        await t.worker.step()
        assert len(script.transactions) == 1, "the block that shows the miss may be on a fork"
        script.run(1, init0_dead=True)
        await t.worker.step()
        assert len(script.transactions) == 2
        assert len(script.follower.recent_misses(INIT0)) == 1


async def test_silent_backup_is_replaced_within_the_incident(
    tmp_path: Path, script: Script
) -> None:
    async with handled_outage(tmp_path, script) as t:
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
        await t.come_on_air()
        assert (await t.words("ended")) == ["on_air"]
        record = await t.record()
        assert [r.outcome for r in record.rotations] == [Outcome.NEVER_SIGNED, Outcome.ON_AIR]
        assert record.spent() == 2


async def test_first_slot_missed_along_with_others_is_not_held_against_a_backup(
    tmp_path: Path, script: Script
) -> None:
    async with handled_outage(tmp_path, script) as t:
        script.produce(include=True)
        while script.chain.owner(2) != INIT0:
            script.produce()
            await t.worker.step()
        script.produce(4)  # nobody fills three slots, the backup's among them
        assert script.follower.recent_misses(INIT0)
        for _ in range(3):
            await t.worker.step()
            script.produce()
        assert len(script.transactions) == 1
        script.until_signed()
        script.run(12)
        await t.worker.step()
        assert (await t.words("ended")) == ["on_air"]


async def test_fee_that_can_not_be_paid_is_not_tried_again_at_every_block(
    tmp_path: Path, script: Script
) -> None:
    async with handled_outage(tmp_path, script) as t:
        script.produce(include=True)
        script.balances = dict.fromkeys(NODES, 0)
        while "cannot_pay" not in await t.words():
            script.run(1, init0_dead=True)
            await t.worker.step()
        begun = script.now
        while script.now < begun + 180:
            script.run(1, init0_dead=True)
            await t.worker.step()
        assert 2 <= (await t.words()).count("cannot_pay") <= 4
        script.balances = dict.fromkeys(NODES, 1_000_000_000)
        while len(script.transactions) < 2:
            script.run(1, init0_dead=True)
            await t.worker.step()
        assert script.now < begun + 300


async def test_silent_backup_stays_when_nobody_is_left(tmp_path: Path, script: Script) -> None:
    script.producers_up["gamma"] = False
    async with handled_outage(tmp_path, script) as t:
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
    async with handled_outage(tmp_path, script) as t:
        before = script.fork()
        [waiting] = script.pending.values()
        script.produce(include=True)
        await t.worker.step()
        script.reorganise(before, 2)
        await t.worker.step()
        record = await t.record()
        assert record.open_rotation is not None
        assert record.open_rotation.block is None
        assert (await t.words("step"))[-2:] == ["in_block", "dropped"]
        assert list(script.pending.values()) == [waiting]
        await t.come_on_air()
        assert (await t.words())[-1] == "on_air"
        assert len(script.transactions) == 1


async def test_expired_transaction_is_dead_only_when_the_chain_says_so(
    tmp_path: Path, script: Script
) -> None:
    async with handled_outage(tmp_path, script) as t:
        rotation = (await t.record()).open_rotation
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
    async with reported_outage(tmp_path, script) as t:
        for _ in range(4 * VALID_SECONDS // script.chain.interval + 60):
            await t.worker.step()
            await t.post(ALPHA)
            if await t.words("ended"):
                break
            script.run(1, init0_dead=True)
        assert await t.words("ended") == ["expired"]
        assert len(script.transactions) == 3
        assert (await t.record()).spent() == 0
