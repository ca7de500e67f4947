"""The journal's entries: appended with every change, inside its transaction. No clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from switcher.model import Entry, EntryKind, Incident, Outcome, Rotation, Step
from switcher.rows import entry_of
from switcher.tables import entries


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
    """Append an entry, numbered without a gap: whoever writes is alone."""
    last = db.scalar(select(func.max(entries.c.id))) or 0
    db.execute(
        insert(entries).values(
            id=last + 1,
            time=now,
            kind=kind,
            value=value,
            sentence=sentence,
            details=dict(details or {}),
            **asdict(about),
        )
    )


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


def read_entries(
    db: Connection, *, before: int | None, incident: int | None, limit: int
) -> list[Entry]:
    """Return the newest entries, or those before an id, newest first."""
    query = select(entries).order_by(entries.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(entries.c.id < before)
    if incident is not None:
        query = query.where(entries.c.incident == incident)
    return [entry_of(row) for row in db.execute(query)]
