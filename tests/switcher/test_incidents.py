"""What an alert leads to: how incidents open, are held, decided and ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devnet.keys import signing_key
from switcher.model import Decision, Incident
from switcher.ruling import Ruling
from switcher.webhook import parse_notification
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, Script
from tests.switcher.stage import WITNESS, alert, webhook_bytes
from tests.switcher.troupe import handled_outage, troupe


async def test_healthy_witness_is_left_alone_and_told_once(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        assert await t.post(ALPHA) == ["opened"]
        for _ in range(5):
            await t.worker.step()
            assert await t.post(ALPHA) == ["renewed"]
            script.run(1)
        assert await t.words() == ["rotate_signing_key", "not_corroborated"]
        assert script.broadcast == []


async def test_held_incident_is_decided_again_with_every_block(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.miss(3)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated", "rotate"]


async def test_host_that_signs_again_is_left_until_it_misses_again(
    database: str, script: Script
) -> None:
    script.miss(3)
    script.until_signed()
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated"]
        script.miss(4)
        await t.worker.step()
        assert await t.words("decision") == ["not_corroborated", "rotate"]


async def test_misses_that_everybody_shared_are_held_against_nobody(
    database: str, script: Script
) -> None:
    script.run(7)
    while len(script.follower.recent_misses(INIT0)) < 3:
        if INIT0 in [script.chain.owner(slot) for slot in range(1, 6)]:
            script.produce(6)
        else:
            script.produce()
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        [decision] = await t.words("decision")
        assert decision == "not_corroborated"
        assert script.broadcast == []


async def test_resolved_alert_ends_its_incident_before_a_broadcast(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        await t.worker.step()
        script.miss(3)
        await t.worker.step()
        assert await t.words() == ["rotate_signing_key", "not_corroborated", "resolved"]
        assert script.broadcast == []


async def test_one_of_two_alerts_resolving_ends_nothing(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        assert await t.post(ALPHA, name="AnotherRule") == ["renewed"]
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        script.miss(3)
        await t.worker.step()
        assert "broadcast" in await t.words("step")


async def test_resolved_alert_does_not_end_what_is_broadcast(database: str, script: Script) -> None:
    async with handled_outage(database, script) as t:
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        await t.come_on_air()
        assert await t.words("ended") == ["on_air"]


async def test_incident_that_nothing_renews_ends(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.now += 299
        await t.worker.step()
        assert await t.words("ended") == []
        script.now += 2
        await t.worker.step()
        assert await t.words("ended") == ["not_renewed"]
        assert await t.post(ALPHA) == ["opened"]


async def test_alert_about_an_earlier_key_is_superseded_and_its_repeats_are_not_told(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        assert await t.post(GAMMA) == ["opened"]
        await t.worker.step()
        assert await t.words() == ["rotate_signing_key", "superseded", "superseded"]
        assert await t.post(GAMMA) == ["repeated"]
        await t.worker.step()
        assert len(await t.words()) == 3


async def test_alert_about_a_key_that_is_in_force_again_is_no_repeat(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(GAMMA)
        await t.worker.step()
        script.put_on_air(GAMMA)
        assert await t.post(GAMMA) == ["opened"]


async def test_alert_that_goes_on_is_taken_while_the_key_in_force_is_not_known(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(GAMMA)
        await t.worker.step()
        judged = parse_notification(webhook_bytes(alert(GAMMA.text(PREFIX)))).alerts
        ring = {WITNESS: {key.text(PREFIX) for key in (ALPHA, BETA, GAMMA)}}
        [receipt] = await t.journal.take(judged, ring, script.clock())
        assert receipt.result == "opened"


async def test_incident_whose_alert_fires_again_is_not_over(database: str, script: Script) -> None:
    async with handled_outage(database, script) as t:
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        assert await t.post(ALPHA) == ["renewed"]
        [incident] = (await t.record()).incidents
        assert not incident.resolved


async def test_alert_that_began_anew_is_no_repeat(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        await t.post(GAMMA)
        await t.worker.step()
        assert await t.post(GAMMA, starts_at="2026-11-21T09:00:00Z") == ["opened"]


async def test_repeats_after_the_rotation_open_nothing(database: str, script: Script) -> None:
    async with handled_outage(database, script) as t:
        await t.come_on_air()
        assert await t.post(ALPHA) == ["repeated"]
        assert await t.post(ALPHA, status="resolved") == ["ignored"]
        assert (await t.words())[5:] == ["irreversible", "on_air", "on_air"]


async def test_two_incidents_of_one_witness_rotate_once(database: str, script: Script) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(ALPHA, GAMMA)
        await t.worker.step()
        script.run(1, init0_dead=True)
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_storm_of_accusations_does_not_hold_up_the_true_one(
    database: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = [signing_key("nobody", str(number)) for number in range(15)]
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(*forged)
        decide = t.journal.decide_all

        async def alert_comes(*work: Any) -> list[tuple[Incident, Ruling]]:
            monkeypatch.undo()
            await t.post(ALPHA)
            t.worker.wake()
            return await decide(*work)

        monkeypatch.setattr(t.journal, "decide_all", alert_comes)
        working = asyncio.create_task(t.worker.run())
        async with asyncio.timeout(60):
            news = t.journal.written.coming
            while len(told := await t.words("decision")) < len(forged) + 1:
                await news.wait()
                news = t.journal.written.coming
        t.worker.stop()
        await working
        assert told == [*["superseded"] * 10, "rotate", *["superseded"] * 5]
        assert [incident.signing_key for incident in (await t.record()).incidents] == [
            ALPHA.text(PREFIX)
        ]


async def test_accusation_that_was_decided_before_a_crash_is_ended_after_it(
    database: str, script: Script
) -> None:
    async with troupe(database, script) as t:
        await t.post(GAMMA)
        [incident] = (await t.record()).incidents
        sentence = f"key {ALPHA.text(PREFIX)} is in force, not the accused {GAMMA.text(PREFIX)}"
        await t.journal.decide(incident, Decision.SUPERSEDED, sentence, None, script.clock())
        await t.worker.step()
        assert await t.words() == ["rotate_signing_key", "superseded", "superseded"]
        assert (await t.record()).incidents == ()


async def test_forged_end_of_the_alert_keeps_off_no_rotation(database: str, script: Script) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        assert await t.post(ALPHA, status="resolved") == ["resolved"]
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_endless_forged_accusations_are_not_kept_open_and_the_true_one_is(
    sqlite_url: str, script: Script
) -> None:
    script.miss(3)
    async with troupe(sqlite_url, script, incidents_per_hour=2_000) as t:
        names = [f"BTSnobody{number}" for number in range(1002)]
        made = [*(alert(key) for key in names), alert(ALPHA.text(PREFIX))]
        halves = made[:500], made[500:]
        judged = [a for half in halves for a in parse_notification(webhook_bytes(*half)).alerts]
        keys = {WITNESS: {ALPHA.text(PREFIX)}}
        receipts = await t.journal.take(judged, keys, script.clock())
        results = [each.result for each in receipts]
        assert results == [*["opened"] * 1000, "ignored", "ignored", "opened"]
        assert "not in force" in receipts[1000].reason
        strange = parse_notification(webhook_bytes(alert(names[0], witness="nobody"))).alerts
        [stranger] = await t.journal.take(strange, keys, script.clock())
        assert stranger.result == "opened"
        t.worker.wake()
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_incident_does_not_grow_with_ever_other_alerts(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        for number in range(150):
            await t.post(ALPHA, name=f"Alert{number}")
        [incident] = (await t.record()).incidents
        assert len(incident.alerts) == 100
        assert await t.post(ALPHA, name="Alert149") == ["renewed"]
