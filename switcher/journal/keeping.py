"""What is done for the journal itself in quiet times: old parts removed, its head told.

Whoever can write to the database can write a whole new chain of hashes. A head that was noted
elsewhere shows it, so it is logged when it changed, for logs that are kept on another machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from switcher.errors import JournalError
from switcher.journal.hashes import Head
from switcher.journal.journal import Journal

_EVERY = 600.0
"""Seconds between two looks."""

_SLACK = 86_400.0
"""Seconds by which the oldest entry must be too old before any goes, so that it is once a day."""

_STEP = 200
"""Entries that go at a time: alerts wait for no more than that."""

_REST = 0.5
"""Seconds between two steps, in which whatever else there is has its turn."""

_log = structlog.get_logger("switcher.journal")


async def keep(journal: Journal, retention: float | None, clock: Callable[[], float]) -> None:
    """Tell the head and remove what is older than `retention` seconds, until cancelled."""
    told: Head | None = None
    while True:
        try:
            head = await journal.head()
            if head != told:
                _log.info("journal", head=str(head))
                told = head
            if retention is not None:
                await _shorten(journal, retention, clock)
        except JournalError as error:
            _log.warning("journal not looked after, trying again later", error=str(error))
        except Exception:
            # An entry that can't be read, say, must not end this for good.
            _log.exception("journal not looked after, trying again later")
        await asyncio.sleep(_EVERY)


async def _shorten(journal: Journal, retention: float, clock: Callable[[], float]) -> None:
    oldest, before = await journal.oldest(), clock() - retention
    if oldest is None or oldest >= before - _SLACK:
        return
    gone = count = await journal.prune(before, _STEP, clock())
    while count == _STEP:
        await asyncio.sleep(_REST)
        count = await journal.prune(before, _STEP, clock())
        gone += count
    if gone:
        _log.info("journal shortened", entries=gone)
