"""What retention leaves of a journal can still be checked."""

import sqlite3
from contextlib import closing
from pathlib import Path

from switcher.journal.hashes import Head
from switcher.journal.journal import Journal
from switcher.model import Arming, Draft, Ending, Outcome
from switcher.webhook import parse_notification
from tests.switcher.stage import WITNESS, alert, webhook_bytes
from tests.switcher.written import DAY, KEYS, checked, prune, write


async def test_what_retention_leaves_can_still_be_checked(database: str) -> None:
    head = await write(database)
    assert await prune(database, 3 * DAY) == 9
    report = checked(database, head)
    assert report.flaws == []
    assert (report.oldest, report.entries) == (10, 10)
    assert await prune(database, 3 * DAY + 3) == 3
    assert checked(database, head).flaws == []
    async with Journal(database) as journal:
        record = await journal.record(WITNESS, 0)
        assert [i.cause for i in record.incidents] == ["manual"]
        assert [r.id for r in record.rotations] == [2]
        assert await journal.prune(9 * DAY, 100, 6 * DAY) == 5
        assert await journal.prune(9 * DAY, 100, 7 * DAY) == 0
        assert [e.value for e in await journal.entries()] == [
            "pruned",
            "pruned",
            "pruned",
            "manual",
        ]
        assert (await journal.record(WITNESS, 0)).rotations == ()
    assert checked(database).flaws == []
    told = checked(database, Head(3, "0" * 64)).flaws
    assert [flaw.entry for flaw in told] == [3]
    assert "note a newer head" in told[0].what


async def test_what_was_put_in_before_what_retention_left_is_found(sqlite_url: str) -> None:
    await write(sqlite_url)
    assert await prune(sqlite_url, 3 * DAY) == 9
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            "insert into entries select 9, time, kind, value, witness, incident, rotation, "
            "sentence, details, hash from entries where id = 10"
        )
    [flaw] = checked(sqlite_url).flaws
    assert flaw.entry == 9
    assert "older than what retention left" in flaw.what


async def test_head_that_was_noted_is_compared_with_the_last_entry_that_went(
    sqlite_url: str,
) -> None:
    async with Journal(sqlite_url) as journal:
        for day in range(4):
            await journal.arm(WITNESS, Arming(True, "maria", "why", day * DAY))
            if day == 1:
                noted = await journal.head()
        assert await journal.prune(2 * DAY, 100, 5 * DAY) == noted.id == 2
    assert checked(sqlite_url, noted).flaws == []
    assert [flaw.entry for flaw in checked(sqlite_url, Head(2, "0" * 64)).flaws] == [2]


async def test_incident_of_which_only_the_beginning_went_is_kept(database: str) -> None:
    async with Journal(database) as journal:
        await journal.take(parse_notification(webhook_bytes(alert(KEYS[0]))).alerts, {}, 1.0)
        [incident] = (await journal.record(WITNESS, 0)).incidents
        await journal.end(incident, Ending.NOT_RENEWED, "over", 3 * DAY)
        assert await journal.prune(2 * DAY, 100, 5 * DAY) == 1
    assert checked(database).flaws == []


async def test_journal_with_nothing_but_removals_is_left_as_it_is(sqlite_url: str) -> None:
    async with Journal(sqlite_url) as journal:
        await journal.arm(WITNESS, Arming(True, "maria", "why", 1.0))
        assert await journal.prune(DAY, 100, DAY) == 1
        head = await journal.head()
        assert await journal.prune(9 * DAY, 100, 9 * DAY) == 0
        assert await journal.head() == head


async def test_nothing_is_removed_while_a_rotation_is_under_way(database: str) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first", 1.0))
        await journal.take(parse_notification(webhook_bytes(alert(KEYS[0]))).alerts, {}, 2.0)
        draft = Draft(1, WITNESS, KEYS[0], KEYS[1], "beta", 3.0)
        await journal.open_rotation(draft, Outcome.BROADCAST, "going", 3.0)
        assert await journal.prune(9 * DAY, 100, 9 * DAY) == 0


async def test_more_that_went_than_retention_tells_of_is_found(sqlite_url: str) -> None:
    await write(sqlite_url)
    await prune(sqlite_url, 3 * DAY)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "update journal set anchor = 12, anchor_hash = (select hash from entries where id = 12)"
        )
        db.execute("delete from entries where id <= 12")
        db.commit()
    assert 13 in [flaw.entry for flaw in checked(sqlite_url).flaws]
