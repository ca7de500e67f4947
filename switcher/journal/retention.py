"""Removing the oldest entries, so that the chain of what is left can still be checked.

What goes is the beginning of the chain: the hash of the last one that went becomes the anchor that
the first remaining entry links to, and an entry tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, select, update

from switcher.journal.entries import About, write_entry
from switcher.journal.hashes import PRUNED
from switcher.journal.tables import entries, incidents, journal, rotations
from switcher.model import EntryKind


def prune(db: Connection, before: float, most: int, now: float) -> int:
    """Remove up to `most` of the oldest entries, all from before a time; return how many went.

    It stops at the first entry about an incident or a rotation that is not over. Ended ones that
    no entry is left of go, too. Nothing goes while any rotation is under way, which is no time for
    it, nor where there are only entries about this.
    """
    if db.scalar(select(rotations.c.id).where(rotations.c.ended.is_(None)).limit(1)) is not None:
        return 0
    going = _oldest(db, before, most)
    if all(row.kind == EntryKind.JOURNAL for row in going):
        return 0
    last = going[-1]
    db.execute(delete(entries).where(entries.c.id <= last.id))
    _remove_rotations(db, _ids(going, "rotation"))
    _remove_incidents(db, _ids(going, "incident"))
    db.execute(update(journal).values(anchor=last.id, anchor_hash=last.hash))
    sentence = f"the entries up to {last.id} were removed for their age"
    details = {"to": last.id, "hash": last.hash}
    write_entry(db, now, About(""), EntryKind.JOURNAL, PRUNED, sentence, details)
    return len(going)


def oldest(db: Connection) -> float | None:
    """Return the time of the oldest entry, None where there is none."""
    return db.scalar(select(entries.c.time).order_by(entries.c.id).limit(1))


def _oldest(db: Connection, before: float, most: int) -> Sequence[Row[Any]]:
    rows = db.execute(select(entries).order_by(entries.c.id).limit(most)).all()
    rows = list(takewhile(lambda row: row.time < before, rows))
    open_incidents = _still_open(db, incidents, _ids(rows, "incident"))
    open_rotations = _still_open(db, rotations, _ids(rows, "rotation"))
    return list(
        takewhile(
            lambda row: row.incident not in open_incidents and row.rotation not in open_rotations,
            rows,
        )
    )


def _ids(rows: Sequence[Row[Any]], column: str) -> set[int]:
    found = (getattr(row, column) for row in rows)
    return {number for number in found if number is not None}


def _still_open(db: Connection, table: Table, among: Collection[int]) -> set[int]:
    of_these = select(table.c.id).where(table.c.id.in_(among), table.c.ended.is_(None))
    return set(db.scalars(of_these))


def _remove_rotations(db: Connection, among: Collection[int]) -> None:
    told = exists().where(
        entries.c.incident == rotations.c.incident, entries.c.rotation == rotations.c.id
    )
    db.execute(delete(rotations).where(rotations.c.id.in_(among), ~told))


def _remove_incidents(db: Connection, among: Collection[int]) -> None:
    told = exists().where(entries.c.incident == incidents.c.id)
    acted = exists().where(rotations.c.incident == incidents.c.id)
    db.execute(delete(incidents).where(incidents.c.id.in_(among), ~told, ~acted))
