"""What is new, read once for all who listen, and only while somebody does.

Nobody has a queue: whoever has seen less than the newest sight goes on from there, over entries in
the journal if need be. So a slow listener costs no memory, and skips what is out of date.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog

from switcher.answers import SILENCE, Status
from switcher.bell import Bell
from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.model import Entry
from switcher.reading import read_status
from switcher.running import Switcher

MOST = 100
"""Listeners at a time: half of the connections, so that alerts find some (`serving.connection`)."""

SHOWN = 100
"""Entries of a sight; who has missed more of them reads the journal."""

_REST = 0.2
"""Seconds from one reading to the next: a rotation writes several entries at once."""

_LONGEST_WAIT = 5.0
"""Seconds; other switchers write to a shared journal, too, and time alone changes some answers."""

_log = structlog.get_logger("switcher.feed")


@dataclass(frozen=True, slots=True)
class Sight:
    """How things stood at one reading, and the newest entries, oldest first.

    `number` grows with every sight. `trouble` is why it could not be read, and `status` then is
    what was seen last, None if nothing was. `written` has what was made of it, for all listeners.
    """

    number: int
    status: Status | None
    trouble: str = ""
    entries: tuple[Entry, ...] = ()
    written: dict[str, bytes] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """The id of the newest entry, 0 where there is none."""
        return self.entries[-1].id if self.entries else 0

    def once(self, name: str, write: Callable[[Sight], bytes]) -> bytes:
        """Return what is made of it, which is made once."""
        if name not in self.written:
            self.written[name] = write(self)
        return self.written[name]


class Feed:
    """Reads status and journal after every change, for as long as there are listeners."""

    def __init__(self, switcher: Switcher) -> None:
        self._switcher = switcher
        self._sight = Sight(0, None)
        self._outdated = 0
        self._news = Bell()
        self._listeners = 0
        self._reading: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether there are as many listeners as may be."""
        return self._listeners >= MOST

    def close(self) -> None:
        """Have every listener's waiting end, now and later."""
        self._closed = True
        self._news.ring()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Count as a listener for as long as the context lasts."""
        self._listeners += 1
        if self._reading is None:
            self._outdated = self._sight.number  # seen when the last listener left
            self._reading = asyncio.create_task(self._read_on(), name="feed")
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    async def after(self, seen: int) -> Sight | None:
        """Return the newest sight once its number is above `seen`, 0 to begin with.

        After some silence it is the one that was seen already. None: this is the end.
        """
        floor = max(seen, self._outdated)
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    while not self._closed and self._sight.number <= floor:
                        await self._news.coming.wait()
            except TimeoutError:
                if self._sight.number <= self._outdated:
                    continue  # of old there is nothing to be told again
            return None if self._closed else self._sight

    async def _read_on(self) -> None:
        journal, watch = self._switcher.journal, self._switcher.watch
        while True:
            written, seen = journal.written.coming, watch.sequence
            await self._look()
            changes = [
                asyncio.create_task(written.wait()),
                asyncio.create_task(watch.changed(seen)),
            ]
            try:
                async with asyncio.timeout(_LONGEST_WAIT):
                    await asyncio.wait(changes, return_when=asyncio.FIRST_COMPLETED)
            except TimeoutError:
                pass
            finally:
                for change in changes:
                    change.cancel()
            await asyncio.sleep(_REST)

    async def _look(self) -> None:
        try:
            sight = await self._sight_now()
        except JournalError:
            sight = self._troubled(JOURNAL_UNUSABLE)
        except Exception:
            # Whatever a reading trips over, listeners must not take the last one for new.
            _log.exception("reading for listeners failed")
            sight = self._troubled("The state could not be read; the switcher's log says why.")
        if self._sight.number <= self._outdated or not _same(self._sight, sight):
            self._sight = sight
            self._news.ring()

    async def _sight_now(self) -> Sight:
        before, switcher = self._sight, self._switcher
        status = await read_status(switcher)
        entries = before.entries
        if before.status is None or status.journal != before.status.journal:
            async with switcher.reading:
                entries = tuple(reversed(await switcher.journal.entries(limit=SHOWN)))
        return Sight(before.number + 1, status, "", entries)

    def _troubled(self, trouble: str) -> Sight:
        return Sight(self._sight.number + 1, self._sight.status, trouble, self._sight.entries)


def _same(before: Sight, after: Sight) -> bool:
    """Tell whether there is nothing new but a little time."""
    if before.status is None or after.status is None or before.trouble != after.trouble:
        return False
    now, age = after.status.now, after.status.heartbeat_age
    if not 0 <= now - before.status.now < SILENCE:
        return False
    return replace(before.status, now=now, heartbeat_age=age) == after.status
