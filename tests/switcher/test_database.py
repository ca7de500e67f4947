"""What the journal's database holds to, whichever it is, and whoever else has it open."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from storing.database import Database
from switcher.errors import JournalError, OverruledError
from switcher.journal import entries, tables
from switcher.journal.database import open_database
from switcher.journal.journal import Journal
from switcher.model import Arming, Cause, Draft, Ending, EntryKind, Order, Outcome
from switcher.webhook import parse_notification
from tests.switcher.stage import WITNESS, alert, webhook_bytes

KEY = "BTS5aBmMxsrm23XpzsSwz7utPx1RQNXtn7Fg9LCBtDNcCJdt6ncCm"
DRAFT = Draft(1, WITNESS, KEY, "BTS1", "beta", 5.0, reference=1, expiration=2)
ABOUT = entries.About(WITNESS)


def write(database: Database, sentence: str) -> None:
    with database.writing() as db:
        entries.write_entry(db, 1.0, ABOUT, EntryKind.ARMING, "armed", sentence)


def numbers(database: Database) -> list[int]:
    with database.reading() as db:
        return list(db.scalars(select(tables.entries.c.id).order_by(tables.entries.c.id)))


async def accuse(journal: Journal, now: float = 5.0) -> None:
    alerts = parse_notification(webhook_bytes(alert(KEY))).alerts
    await journal.take(alerts, {}, now)


def test_what_was_rolled_back_leaves_no_gap_in_the_entries(database: str) -> None:
    opened = open_database(database)
    write(opened, "first")
    with pytest.raises(ZeroDivisionError), opened.writing() as db:
        entries.write_entry(db, 1.0, ABOUT, EntryKind.ARMING, "armed", "never")
        1 / 0  # noqa: B018
    write(opened, "second")
    assert numbers(opened) == [1, 2]
    opened.close()


def test_writers_at_once_number_their_entries_without_gap_or_double(postgresql_url: str) -> None:
    failures = []

    def work() -> None:
        try:
            opened = open_database(postgresql_url)
            for number in range(40):
                write(opened, str(number))
            opened.close()
        except JournalError as error:
            failures.append(error)

    open_database(postgresql_url).close()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = open_database(postgresql_url)
    assert failures == []
    assert numbers(opened) == list(range(1, 121))
    opened.close()


def test_write_waits_for_another_s_and_sees_what_that_wrote(postgresql_url: str) -> None:
    one, other = open_database(postgresql_url), open_database(postgresql_url)
    waiting = threading.Thread(target=write, args=(other, "second"))
    with one.writing() as db:
        entries.write_entry(db, 1.0, ABOUT, EntryKind.ARMING, "armed", "first")
        waiting.start()
        began = time.monotonic()
        while not db.scalar(text("select count(*) from pg_locks where not granted")):
            assert time.monotonic() < began + 5
    waiting.join()
    assert numbers(one) == [1, 2]
    one.close()
    other.close()


def test_reading_waits_for_no_write(postgresql_url: str) -> None:
    one, other = open_database(postgresql_url), open_database(postgresql_url)
    with one.writing() as db:
        entries.write_entry(db, 1.0, ABOUT, EntryKind.ARMING, "armed", "first")
        began = time.monotonic()
        assert numbers(other) == []
        assert time.monotonic() < began + 1
    one.close()
    other.close()


def test_write_that_waits_too_long_is_an_error_and_the_next_one_goes_through(
    postgresql_url: str,
) -> None:
    one, other = open_database(postgresql_url), open_database(postgresql_url)
    told: list[str] = []

    def wait() -> None:
        try:
            write(other, "in vain")
        except JournalError as error:
            told.append(str(error))

    waiting = threading.Thread(target=wait)
    with one.writing() as db:
        waiting.start()
        while waiting.is_alive():  # an idle transaction would be ended by the server
            db.execute(text("select pg_sleep(0.1)"))
    assert "lock timeout" in told[0]
    write(other, "first")
    assert numbers(one) == [1]
    one.close()
    other.close()


def test_what_is_read_in_one_transaction_is_of_one_moment(database: str) -> None:
    opened = open_database(database)
    with opened.reading() as db:
        assert db.scalar(select(tables.entries.c.id)) is None
        beside = open_database(database) if opened.is_postgresql else None
        if beside:
            write(beside, "meanwhile")
            beside.close()
        else:
            path = Path(database.removeprefix("sqlite:///"))
            with sqlite3.connect(path) as other:
                other.execute("insert into heartbeats values ('alert_path', 1)")
            other.close()
        assert db.scalar(select(tables.entries.c.id)) is None
        assert db.scalar(select(tables.heartbeats.c.time)) is None
    opened.close()


async def test_second_rotation_of_a_witness_is_overruled(database: str) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
        await accuse(journal)
        await journal.open_rotation(DRAFT, Outcome.BROADCAST, "first", 6.0)
        with pytest.raises(OverruledError, match="Rotation 1 of init0"):
            await journal.open_rotation(DRAFT, Outcome.BROADCAST, "second", 7.0)
        record = await journal.record(WITNESS, 0)
        assert [r.sentence for r in record.rotations] == ["first"]
        assert [e.value for e in await journal.entries()][:1] == ["broadcast"]


@pytest.mark.parametrize("by_hand", [False, True], ids=["alert", "order"])
async def test_rotation_of_a_witness_that_was_disarmed_meanwhile_is_overruled(
    database: str, *, by_hand: bool
) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
        if by_hand:
            order = Order("you", "to be sure", ("beta",))
            await journal.open_order(WITNESS, KEY, Cause.MANUAL, order, 5.0)
        else:
            await accuse(journal)
        await journal.arm(WITNESS, Arming(False, "maria", "moving house", 6.0))
        draft = replace(DRAFT, by_hand=by_hand)
        with pytest.raises(OverruledError, match="init0 was disarmed"):
            await journal.open_rotation(draft, Outcome.BROADCAST, "too late", 7.0)
        assert (await journal.record(WITNESS, 0)).rotations == ()


async def test_rotation_of_an_incident_that_ended_meanwhile_is_overruled(database: str) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
        await accuse(journal)
        [incident] = (await journal.record(WITNESS, 0)).incidents
        await journal.end(incident, Ending.RESOLVED, "its alerts are resolved", 6.0)
        with pytest.raises(OverruledError, match="Incident 1 ended"):
            await journal.open_rotation(DRAFT, Outcome.BROADCAST, "too late", 7.0)
        assert (await journal.record(WITNESS, 0)).rotations == ()


async def test_the_database_itself_refuses_a_second_open_rotation_or_accusation(
    database: str,
) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
        await accuse(journal)
        await journal.open_rotation(DRAFT, Outcome.BROADCAST, "first", 6.0)
        order = Order("you", "to be sure", ("beta",))
        ordered = await journal.open_order(WITNESS, KEY, Cause.MANUAL, order, 7.0)
        assert ordered.id == 2
    opened = open_database(database)
    for table in (tables.rotations, tables.incidents):
        with opened.reading() as db:
            row = db.execute(select(table).where(table.c.id == 1)).one()._asdict()
        with pytest.raises(JournalError, match=r"(?i)unique"), opened.writing() as db:
            db.execute(insert(table).values(**{**row, "id": 9}))
        with opened.writing() as db:
            db.execute(update(table).where(table.c.id == 1).values(ended=8.0))
            db.execute(insert(table).values(**{**row, "id": 9}))
    opened.close()


async def test_second_switcher_on_one_file_is_refused(sqlite_url: str) -> None:
    async with Journal(sqlite_url):
        with pytest.raises(JournalError, match=r"Another switcher uses.*PostgreSQL"):
            open_database(sqlite_url)
    open_database(sqlite_url).close()


async def test_new_journal_is_for_its_owner_alone(tmp_path: Path, sqlite_url: str) -> None:
    before = os.umask(0o022)
    try:
        async with Journal(sqlite_url) as journal:
            await journal.begin([WITNESS], Arming())
            made = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    names = ("understudy.db", "understudy.db-wal", "understudy.db-shm", "understudy.db.lock")
    assert made == dict.fromkeys(names, 0o600)


async def test_journal_keeps_the_mode_that_its_owner_gave_it(
    tmp_path: Path, sqlite_url: str
) -> None:
    (tmp_path / "understudy.db").touch(mode=0o640)
    (tmp_path / "understudy.db").chmod(0o640)
    async with Journal(sqlite_url):
        assert (tmp_path / "understudy.db").stat().st_mode & 0o777 == 0o640


async def test_lock_that_somebody_led_elsewhere_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "understudy.db.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="can't be made"):
        async with Journal(sqlite_url):
            pass
    assert not (tmp_path / "elsewhere").exists()


async def test_file_is_one_under_whatever_name(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "by-another-name.db").symlink_to(tmp_path / "understudy.db")
    async with Journal(sqlite_url):
        with pytest.raises(JournalError, match="Another switcher uses"):
            open_database(f"sqlite:///{tmp_path / 'by-another-name.db'}")


HOLD = """
import sys
from switcher.journal.database import open_database
opened = open_database(sys.argv[1])
print(flush=True)
sys.stdin.readline()
"""


def test_file_is_free_again_when_the_switcher_was_killed(sqlite_url: str) -> None:
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holding.stdout
    assert holding.stdin
    holding.stdout.readline()
    with pytest.raises(JournalError, match="Another switcher uses"):
        open_database(sqlite_url)
    os.kill(holding.pid, signal.SIGKILL)
    holding.wait()
    holding.stdin.close()
    holding.stdout.close()
    open_database(sqlite_url).close()


def test_journal_that_lives_in_memory_has_no_lock() -> None:
    opened = open_database("sqlite://")
    assert numbers(opened) == []
    opened.close()
    assert not list(Path().glob("*.lock"))


async def test_what_no_database_can_hold_is_replaced_and_not_refused(database: str) -> None:
    nasty = "nul \x00, half a pair \ud83d, whole \U0001f600, " + "long " * 100_000
    plain = nasty.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", nasty, 1.0))
        await accuse(journal)
        rotation = await journal.open_rotation(DRAFT, Outcome.BROADCAST, nasty, 6.0)
        details = {"refused": {"eu": [nasty, float("nan")]}, nasty: float("inf")}
        await journal.change(
            rotation, {"sentence": nasty}, [(Outcome.REJECTED, nasty)], 7.0, details
        )
        record = await journal.record(WITNESS, 0)
        assert record.arming.why == plain
        assert record.rotations[0].sentence == plain
        [newest, *_] = await journal.entries()
        assert newest.sentence == plain
        assert newest.details == {"refused": {"eu": [plain, None]}, plain: None}


@pytest.mark.parametrize("now", [0.1 + 0.2, 1_800_000_000.123456, 4_294_967_295.9999995])
async def test_times_come_back_as_they_were(database: str, now: float) -> None:
    async with Journal(database) as journal:
        await accuse(journal, now)
        [incident] = (await journal.record(WITNESS, 0)).incidents
        assert incident.opened == now
        assert (await journal.entries())[0].time == now


async def test_numbers_of_32_bits_fit(database: str) -> None:
    large = 2**32 - 1
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first state", 1.0))
        await accuse(journal)
        draft = Draft(1, WITNESS, KEY, "BTS1", "beta", 5.0, reference=large, expiration=large)
        rotation = await journal.open_rotation(draft, Outcome.BROADCAST, "", 6.0)
        changed = await journal.change(rotation, {"block": large}, [], 7.0)
        assert (changed.block, changed.draft.expiration) == (large, large)


async def test_calls_at_once_do_not_disturb_each_other(database: str) -> None:
    async with Journal(database) as journal:
        await asyncio.gather(*(accuse(journal, float(now)) for now in range(20)))
        assert len(await journal.entries()) == 1
