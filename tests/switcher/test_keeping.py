"""What is done for the journal in quiet times."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from switcher.journal.journal import Journal
from switcher.journal.keeping import keep
from switcher.model import Arming
from tests.switcher.stage import WITNESS, eventually

DAY = 86_400.0


@asynccontextmanager
async def kept(journal: Journal, retention: float | None, now: float) -> AsyncIterator[None]:
    keeping = asyncio.create_task(keep(journal, retention, lambda: now))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def arm(journal: Journal, count: int) -> None:
    """Write an entry a day."""
    for number in range(count):
        await journal.arm(WITNESS, Arming(True, "maria", "why", number * DAY))


async def test_old_entries_go_a_few_at_a_time_until_none_is_left(database: str) -> None:
    async with Journal(database) as journal:
        for number in range(250):
            await journal.arm(WITNESS, Arming(True, "maria", "why", float(number)))
        await journal.arm(WITNESS, Arming(True, "maria", "why", 9 * DAY))

        async def short() -> bool | None:
            return True if await journal.oldest() == 9 * DAY else None

        async with kept(journal, 2 * DAY, 10 * DAY):
            await eventually(short)
        assert [e.value for e in await journal.entries()] == ["pruned"] * 2 + ["armed"]


async def test_journal_is_shortened_once_a_day_at_most(sqlite_url: str) -> None:
    async with Journal(sqlite_url) as journal:
        await arm(journal, 10)
        with capture_logs() as logs:
            async with kept(journal, 8 * DAY, 9 * DAY):
                await eventually(lambda: _logged(logs, "journal"))
                await journal.ping()
        assert await journal.oldest() == 0.0
        assert not [log for log in logs if log["event"] == "journal shortened"]


async def test_all_is_kept_by_default_and_the_newest_entry_is_logged(sqlite_url: str) -> None:
    async with Journal(sqlite_url) as journal:
        await arm(journal, 10)
        head = await journal.head()
        with capture_logs() as logs:
            async with kept(journal, None, 900 * DAY):
                await eventually(lambda: _logged(logs, "journal"))
                await journal.ping()
        assert [log["head"] for log in logs] == [str(head)]
        assert await journal.oldest() == 0.0


async def test_entry_that_nobody_can_read_does_not_end_the_journal_s_keeping(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switcher.journal.keeping._EVERY", 0.0)
    async with Journal(sqlite_url) as journal:
        await arm(journal, 10)
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as db:
            db.execute("update entries set time = 'noon' where id = 1")
        db.close()
        with capture_logs() as logs:
            async with kept(journal, 2 * DAY, 9 * DAY):
                await eventually(
                    lambda: _logged(logs, "journal not looked after, trying again later")
                )
                await arm(journal, 1)
                head = str(await journal.head())
                await eventually(lambda: _logged(logs, "journal", head=head))


async def _logged(logs: Sequence[Mapping[str, Any]], event: str, **more: str) -> bool | None:
    wanted = {"event": event, **more}
    return True if any(wanted.items() <= log.items() for log in logs) else None
