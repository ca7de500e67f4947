"""What the journal keeps, and what it refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from switcher.errors import JournalError
from switcher.journal.database import open_database
from switcher.journal.journal import Journal
from switcher.model import Arming
from switcher.webhook import Heartbeat, parse_notification
from tests.switcher.stage import WITNESS, alert, webhook_bytes

KEY = "BTS5aBmMxsrm23XpzsSwz7utPx1RQNXtn7Fg9LCBtDNcCJdt6ncCm"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'understudy.db'}"


def test_every_commit_is_on_the_disk_before_it_returns(tmp_path: Path) -> None:
    database = open_database(url(tmp_path))
    with database.writing() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


@pytest.mark.parametrize("address", ["sqlite:////nowhere/at/all.db", "nonsense", "nodb://x"])
def test_database_that_can_t_be_opened_is_said(address: str) -> None:
    with pytest.raises(JournalError, match="journal"):
        open_database(address)


async def test_failed_write_is_an_error_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    async with Journal(url(tmp_path)) as journal:
        await journal.begin([WITNESS], Arming())
        with sqlite3.connect(tmp_path / "understudy.db") as other:
            other.execute(
                "create trigger full_disk before insert on entries "
                "begin select raise(abort, 'disk full'); end"
            )
        alerts = parse_notification(webhook_bytes(alert(KEY))).alerts
        with pytest.raises(JournalError, match="disk full"):
            await journal.take([Heartbeat(), *alerts], {}, 5.0)
        assert (await journal.record(WITNESS, 0)).incidents == ()
        assert await journal.heartbeat() is None
        other.execute("drop trigger full_disk")
        other.close()
        [_, receipt] = await journal.take([Heartbeat(), *alerts], {}, 6.0)
        assert receipt.result == "opened"
        assert await journal.heartbeat() == 6.0


async def test_first_state_counts_only_in_an_empty_journal(database: str) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
    async with Journal(database) as journal:
        await journal.begin([WITNESS, "init1"], Arming(False, "configuration", "again", 2.0))
        assert (await journal.record(WITNESS, 0)).arming.armed
        assert not (await journal.record("init1", 0)).arming.armed


async def test_renewal_that_waited_for_another_switchers_does_not_undo_it(database: str) -> None:
    alerts = parse_notification(webhook_bytes(alert(KEY))).alerts
    async with Journal(database) as journal:
        for now in (5.0, 600.0, 597.0):
            await journal.take(alerts, {}, now)
        [incident] = (await journal.record(WITNESS, 0)).incidents
        assert incident.renewed == 600.0


async def test_heartbeats_and_renewals_have_no_entry(database: str) -> None:
    alerts = parse_notification(webhook_bytes(alert(KEY))).alerts
    async with Journal(database) as journal:
        for now in range(10):
            await journal.take([Heartbeat(), *alerts], {}, float(now))
        assert [entry.value for entry in await journal.entries()] == ["rotate_signing_key"]
        [incident] = (await journal.record(WITNESS, 0)).incidents
        assert (incident.opened, incident.renewed) == (0.0, 9.0)


async def test_alert_that_began_anew_opens_a_new_incident(database: str) -> None:
    first = parse_notification(webhook_bytes(alert(KEY))).alerts
    later = parse_notification(webhook_bytes(alert(KEY, starts_at="2026-11-21T09:00:00Z"))).alerts
    gone = parse_notification(webhook_bytes(alert(KEY, status="resolved"))).alerts
    async with Journal(database) as journal:
        await journal.take(first, {}, 1.0)
        assert [r.result for r in await journal.take(gone, {}, 2.0)] == ["ended"]
        assert [r.result for r in await journal.take(later, {}, 3.0)] == ["opened"]
