"""A journal read beside its switcher, whether that runs or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, NullPool, Row, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from switcher.journal.entries import STORED, as_stored
from switcher.journal.rows import entry_of, incident_of, rotation_of, sightings_of
from switcher.journal.tables import heartbeats, incidents, rotations
from switcher.model import ActionName, Entry, EntryKind, Incident, Rotation

_PAUSE = 0.1
_REST = 5.0
"""Times as long as reading took, for which nothing is read."""


@dataclass(frozen=True)
class Pages:
    """All that a journal holds, oldest first; `ended` tells when each incident was over.

    Of incidents about a node or a peer there is only what all incidents have.
    """

    entries: tuple[Entry, ...]
    incidents: dict[int, Incident]
    ended: dict[int, float | None]
    rotations: tuple[Rotation, ...]
    heartbeat: float | None

    @property
    def words(self) -> list[str]:
        """What the entries tell, without armings."""
        return [entry.value for entry in self.entries if entry.kind != "arming"]

    @cached_property
    def opened(self) -> dict[int | None, str]:
        """The fingerprint of the alert that opened each incident."""
        found = (entry for entry in self.entries if entry.kind is EntryKind.OPENED)
        return {entry.incident: entry.details.get("fingerprint", "") for entry in found}

    @property
    def open(self) -> list[Incident | Rotation]:
        """Everything that is not over."""
        unended = [self.incidents[number] for number, time in self.ended.items() if time is None]
        return [*unended, *(r for r in self.rotations if r.ended is None)]


class Books:
    """Reads the journal in a database (its SQLAlchemy URL)."""

    def __init__(self, url: str) -> None:
        # Every look opens the file anew: it may have been moved away, or be on another disk.
        self._engine = create_engine(url, poolclass=NullPool)

    async def read(self) -> Pages:
        """Return all of it as it stands.

        Raises:
            SQLAlchemyError: it can't be read.
        """
        return await asyncio.to_thread(self._read)

    async def until(self, wanted: Callable[[Pages], bool], timeout: float = 40.0) -> Pages:
        """Wait until the journal meets a condition."""
        pages: Pages | None = None
        try:
            async with asyncio.timeout(timeout):
                while True:
                    began = time.monotonic()
                    try:
                        pages = await self.read()
                    except SQLAlchemyError:
                        pages = None  # it is not there yet, or not at present
                    if pages is not None and wanted(pages):
                        return pages
                    # Reading a long journal must not keep the devnet from its blocks.
                    await asyncio.sleep(max(_PAUSE, _REST * (time.monotonic() - began)))
        except TimeoutError as error:
            told = [f"{e.value}: {e.sentence}" for e in pages.entries] if pages else ["nothing"]
            raise AssertionError("The journal tells:\n" + "\n".join(told)) from error

    async def until_word(self, word: str, timeout: float = 40.0) -> Pages:
        """Wait until an entry of the journal has this word."""
        return await self.until(lambda pages: word in pages.words, timeout)

    def _read(self) -> Pages:
        with self._engine.connect() as db:
            found = {row.id: row for row in _rows(db, incidents)}
            return Pages(
                entries=tuple(map(entry_of, db.execute(as_stored(db).order_by(STORED.c.id)))),
                incidents={number: _incident_of(row) for number, row in found.items()},
                ended={number: row.ended for number, row in found.items()},
                rotations=tuple(rotation_of(row) for row in _rows(db, rotations)),
                heartbeat=db.scalar(select(heartbeats.c.time)),
            )


def _rows(db: Connection, table: Any) -> list[Row[Any]]:
    return list(db.execute(select(table).order_by(table.c.id)))


def _incident_of(row: Row[Any]) -> Incident:
    """Return an incident; of one about a node or a peer what all incidents have."""
    if row.action != ActionName.RESOLVE:
        return incident_of(row)
    return Incident(
        id=row.id,
        action=ActionName.RESOLVE,
        witness="",
        signing_key="",
        accused="",
        opened=row.opened,
        renewed=row.renewed,
        resolved=row.resolved,
        sentence=row.sentence,
        alerts=sightings_of(row),
    )
