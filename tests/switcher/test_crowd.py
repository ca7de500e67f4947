"""Who may post alerts can't fill the journal, and keeps no true alert off by trying."""

from __future__ import annotations

import pytest

from devnet.keys import DevKey, signing_key
from switcher.journal import room
from switcher.webhook import parse_notification
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, GAMMA, Script
from tests.switcher.stage import WITNESS, alert, doubt, webhook_bytes
from tests.switcher.troupe import Troupe, handled_outage, troupe

MOST = 4
HOUR = 3_600.0
NOBODYS = tuple(signing_key("nobody", str(number)) for number in range(MOST + 2))


async def begin_anew(t: Troupe, *keys: DevKey, **labels: str) -> list[str]:
    """Post alerts that began at another time than all before."""
    return await t.post(*keys, starts_at=f"{t.script.clock()}-{len(await t.words())}", **labels)


async def begin_and_end(t: Troupe) -> list[str]:
    """Accuse the key in force, and take that back."""
    told = await begin_anew(t, ALPHA)
    await t.worker.step()
    told += await t.post(ALPHA, status="resolved")
    await t.worker.step()
    return told


async def test_accusations_of_ever_other_keys_leave_only_so_many_entries_an_hour(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        assert await t.post(*NOBODYS) == [*["opened"] * MOST, "ignored", "ignored"]
        await t.worker.step()
        written = len(await t.words())
        assert await t.post(*NOBODYS) == [*["repeated"] * MOST, "ignored", "ignored"]
        assert await begin_anew(t, *NOBODYS) == ["ignored"] * len(NOBODYS)
        await t.worker.step()
        assert len(await t.words()) == written
        script.now += HOUR
        assert (await begin_anew(t, *NOBODYS)).count("opened") == MOST


async def test_only_so_many_keys_that_are_not_in_force_are_accused_at_a_time(
    database: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_OPEN", 3)
    async with troupe(database, script) as t:
        assert await t.post(*NOBODYS[:2]) == ["opened"] * 2
        assert await t.post(*NOBODYS[2:5]) == ["opened", "ignored", "ignored"]
        assert await t.post(*NOBODYS[:3], witness="stranger") == ["opened"] * 3
        assert await t.post(NOBODYS[3], witness="stranger") == ["ignored"]
        assert await t.post(ALPHA) == ["opened"]


async def test_answer_says_why_an_accusation_was_not_written_down(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        await t.post(*NOBODYS)
        judged = parse_notification(webhook_bytes(alert(GAMMA.text(PREFIX)))).alerts
        known = {WITNESS: {ALPHA.text(PREFIX)}}
        [receipt] = await t.journal.take(judged, known, script.clock())
        assert receipt.reason.startswith(f"{MOST} incidents were opened within an hour")


async def test_true_alert_is_taken_and_acted_on_however_many_false_ones_came(
    database: str, script: Script
) -> None:
    script.miss(3)
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        await t.post(*NOBODYS)
        assert await t.post(ALPHA) == ["opened"]
        await t.worker.step()
        assert len(script.transactions) == 1


async def test_unknown_witnesses_and_peers_leave_only_so_many_entries_an_hour(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        for _ in range(MOST):
            assert await begin_anew(t, GAMMA, witness="stranger") == ["opened"]
            assert await t.post(GAMMA, status="resolved", witness="stranger") == ["ended"]
        assert await begin_anew(t, GAMMA, witness="stranger") == ["ignored"]
        judged = parse_notification(webhook_bytes(doubt(peer="stranger"))).alerts
        [receipt] = await t.journal.take(judged, {}, script.clock())
        assert (receipt.result, receipt.incident) == ("ignored", None)


async def test_alert_that_begins_and_ends_over_and_over_leaves_one_incident_a_minute(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        for _ in range(MOST - 1):
            assert await begin_and_end(t) == ["opened", "resolved"]
        assert len(await t.words("ended")) == MOST - 1
        assert await begin_and_end(t) == ["opened", "resolved"]
        for _ in range(3):
            assert await begin_and_end(t) == ["renewed", "resolved"]
        assert len(await t.words("opened")) == MOST
        script.now += 61
        await t.worker.step()
        assert len(await t.words("ended")) == MOST
        assert await t.post(ALPHA) == ["opened"]


async def test_host_that_dies_while_its_alert_is_taken_back_over_and_over_is_replaced(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=1) as t:
        assert await begin_and_end(t) == ["opened", "resolved"]
        script.miss(3)
        assert await begin_and_end(t) == ["renewed", "resolved"]
        assert len(script.transactions) == 1


async def test_key_that_a_rotation_is_about_to_put_in_force_is_no_former_one(
    database: str, script: Script
) -> None:
    async with handled_outage(database, script, incidents_per_hour=1) as t:
        assert await t.post(GAMMA, BETA) == ["ignored", "opened"]


async def test_before_a_key_is_known_to_be_in_force_those_of_the_ring_may_be_accused(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=1) as t:
        made = [alert(key.text(PREFIX)) for key in (*NOBODYS[:2], ALPHA, BETA)]
        judged = parse_notification(webhook_bytes(*made)).alerts
        ring = {WITNESS: {key.text(PREFIX) for key in (ALPHA, BETA, GAMMA)}}
        receipts = await t.journal.take(judged, ring, script.clock())
        assert [each.result for each in receipts] == ["opened", "ignored", "opened", "opened"]


async def test_incidents_of_a_clock_that_was_far_ahead_are_no_crowd(
    database: str, script: Script
) -> None:
    async with troupe(database, script, incidents_per_hour=MOST) as t:
        script.now += 10 * HOUR
        await t.post(*NOBODYS)
        script.now -= 10 * HOUR
        assert await t.post(GAMMA) == ["opened"]
