"""The journal's entries: appended with every change, inside its transaction. No clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, column, insert, select, table, update

from switcher.errors import JournalError
from switcher.journal.hashes import Head, link
from switcher.journal.plain import plain_json, plain_text
from switcher.journal.rows import entry_of
from switcher.journal.tables import entries, journal
from switcher.model import Entry, EntryKind, Incident, Outcome, Rotation, Step

_FIELDS = ("id", "time", "kind", "value", "witness", "incident", "rotation", "sentence")
"""What a hash covers besides the details."""

STORED = table("entries", *map(column, (*_FIELDS, "details", "hash")))
"""The entries as the driver gives them: nothing may be made of what was edited."""

# Built once: that takes the library longer than to run them.
_HEAD = select(journal.c.last, journal.c.hash)
_APPEND = insert(entries)
_MOVE_ON = update(journal)


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a journal entry is about."""

    witness: str
    incident: int | None = None
    rotation: int | None = None


def write_entry(
    db: Connection,
    now: float,
    about: About,
    kind: EntryKind,
    value: str,
    sentence: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry and link it to the one before; whoever writes is alone.

    Raises:
        JournalError: the row with the newest entry is gone.
    """
    head = read_head(db)
    told = plain_json(dict(details or {}))
    values = {
        "id": head.id + 1,
        "time": float(now),
        "kind": str(kind),
        "value": str(value),
        **asdict(about),
        "sentence": plain_text(sentence),
    }
    hashed = link(head.hash, (*(values[name] for name in _FIELDS), json.dumps(told)))
    db.execute(_APPEND, {**values, "details": told, "hash": hashed})
    db.execute(_MOVE_ON, {"last": head.id + 1, "hash": hashed})


def read_head(db: Connection) -> Head:
    """Return the newest entry's id and hash.

    Raises:
        JournalError: the row that has them is gone.
    """
    row = db.execute(_HEAD).one_or_none()
    if row is None:
        raise JournalError(
            "The journal's newest hash is gone, so that nothing can be added to it; look into what "
            "removed it with: understudy journal verify"
        )
    return Head(row.last, row.hash)


def incident_entry(
    db: Connection,
    incident: Incident,
    now: float,
    kind: EntryKind,
    value: str,
    sentence: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry about an incident."""
    about = About(incident.witness, incident.id)
    told = {"accused": incident.accused, **(details or {})}
    write_entry(db, now, about, kind, value, sentence, told)


def step_entry(
    db: Connection,
    rotation: Rotation,
    step: Outcome | Step,
    sentence: str,
    now: float,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry for a step of a rotation."""
    about = About(rotation.draft.witness, rotation.draft.incident, rotation.id)
    write_entry(db, now, about, EntryKind.STEP, step, sentence, details)


def is_empty(db: Connection) -> bool:
    """Tell whether nothing was ever journalled."""
    return db.scalar(select(entries.c.id).limit(1)) is None


def as_stored(db: Connection) -> Select[Any]:
    """Return the query of all entries with all columns, their details as text."""
    is_postgresql = db.dialect.name == "postgresql"
    details = cast(STORED.c.details, Text).label("details") if is_postgresql else STORED.c.details
    return select(*(STORED.c[name] for name in _FIELDS), details, STORED.c.hash)


def read_entries(
    db: Connection, *, before: int | None, incident: int | None, limit: int
) -> list[Entry]:
    """Return the newest entries, or those before an id, newest first."""
    query = as_stored(db).order_by(STORED.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(STORED.c.id < before)
    if incident is not None:
        query = query.where(STORED.c.incident == incident)
    return [entry_of(row) for row in db.execute(query)]


def read_entries_after(db: Connection, seen: int, limit: int) -> list[Entry]:
    """Return the entries after an id, oldest first."""
    query = as_stored(db).where(STORED.c.id > seen).order_by(STORED.c.id).limit(limit)
    return [entry_of(row) for row in db.execute(query)]
