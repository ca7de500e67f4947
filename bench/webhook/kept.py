"""What was acknowledged, looked up in the journal's database itself, not asked of the switcher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from bench.webhook.jobs import Told
from bench.webhook.samples import Sample
from switcher.journal.rows import sightings_of
from switcher.journal.tables import entries, incidents, rotations
from switcher.model import EntryKind, Sighting

WRITTEN = frozenset({"opened", "renewed", "resolved", "ended"})
"""Results that say that something was written down."""

_CLOCKS = 0.5
"""Seconds by which the switcher's clock may be behind the sender's: it is the chain's time."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the journal has of an incident; `opened_by` is a fingerprint."""

    opened_by: str | None
    renewed: float
    ended: float | None
    alerts: Mapping[str, Sighting]


def read_rows(db: Connection) -> dict[int, Row]:
    """Return all incidents of a journal by id."""
    opened = select(entries.c.incident, entries.c.details).where(entries.c.kind == EntryKind.OPENED)
    openers = {row.incident: row.details.get("fingerprint") for row in db.execute(opened)}
    return {
        row.id: Row(openers.get(row.id), row.renewed, row.ended, sightings_of(row.alerts))
        for row in db.execute(select(incidents))
    }


def missing(samples: Sequence[Sample], told: Told, rows: Mapping[int, Row]) -> list[str]:
    """Return what was acknowledged as written down and isn't there, a sentence each."""
    return [
        f"{result} of incident {incident}: {samples[place].labels}"
        for place, posted, result, incident in told.acknowledged
        if result in WRITTEN
        and not _is_there(samples[place], posted, result, rows.get(incident or 0))
    ]


def _is_there(sample: Sample, posted: float, result: str, row: Row | None) -> bool:
    if row is None:
        return False
    match result:
        case "opened":
            return row.opened_by == sample.fingerprint
        case "renewed":
            return row.renewed >= posted - _CLOCKS
        case "ended":
            return row.ended is not None
    seen = row.alerts.get(sample.fingerprint)
    return seen is None or seen.seen >= posted - _CLOCKS


def count_entries(db: Connection) -> int:
    """Return how many entries a journal has."""
    return db.scalar(select(func.count()).select_from(entries)) or 0


def still_open(db: Connection) -> int:
    """Return how many incidents are open."""
    query = select(func.count()).select_from(incidents).where(incidents.c.ended.is_(None))
    return db.scalar(query) or 0


def broadcast(db: Connection, witness: str) -> float | None:
    """Return when a node first took an update of a witness' key, None if none has."""
    sent: Any = select(func.min(rotations.c.sent)).where(rotations.c.witness == witness)
    found: float | None = db.scalar(sent)
    return found
