"""Between the tables' rows and the switcher's values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row

from switcher.errors import JournalError
from switcher.journal.hashes import UNREADABLE
from switcher.model import Arming, Entry, EntryKind, Incident, Rotation, Sighting
from switcher.resolving.model import Matter

_INCIDENT = "Incident"
"""What a row of that table is called where it can't be read."""

_T = TypeVar("_T")
_CHANGED = (
    "was changed by something else than Understudy and can't be read; look into it with: "
    "understudy journal verify"
)


@cache
def _reader(shape: Any) -> TypeAdapter[Any]:
    """Return what reads a shape; made when first needed, which spares the start some time."""
    return TypeAdapter(shape)


def _read_as(shape: type[_T], what: str, number: int, fields: Any) -> _T:
    """Return what a row's fields say; `what` it is and its number begin the sentence if they don't.

    Raises:
        JournalError: somebody edited the row, and it says nothing that this could be.
    """
    try:
        read: _T = _reader(cast(Any, shape)).validate_python(fields)
    except ValidationError as error:
        raise JournalError(f"{what} {number} {_CHANGED}") from error
    return read


def incident_of(row: Row[Any]) -> Incident:
    """Return the incident of a row.

    Raises:
        JournalError: it can't be read.
    """
    return _read_as(Incident, _INCIDENT, row.id, dict(row._mapping))


def matter_of(row: Row[Any], steps: Iterable[Row[Any]] = ()) -> Matter:
    """Return the matter of an incident's row about a node or a peer, and of its steps' entries.

    Raises:
        JournalError: it can't be read.
    """
    kind, _, name = str(row.subject).partition(":")
    fields = {
        **row._mapping,
        "subject": {"kind": kind, "name": name},
        "wish": row.order,
        "attempts": [{**step._mapping, "outcome": step.value} for step in steps],
    }
    return _read_as(Matter, _INCIDENT, row.id, fields)


def sightings_of(row: Row[Any]) -> dict[str, Sighting]:
    """Return the alerts of an incident's row by fingerprint.

    Raises:
        JournalError: they can't be read.
    """
    return _read_as(dict[str, Sighting], _INCIDENT, row.id, row.alerts)


def stored_sightings(alerts: Mapping[str, Sighting]) -> dict[str, dict[str, Any]]:
    """Return the form in which the alerts of an incident are stored."""
    return {fingerprint: asdict(sighting) for fingerprint, sighting in alerts.items()}


def rotation_of(row: Row[Any]) -> Rotation:
    """Return the rotation of a row.

    Raises:
        JournalError: it can't be read.
    """
    fields = dict(row._mapping)
    return _read_as(Rotation, "Rotation", row.id, {**fields, "draft": fields})


def entry_of(row: Row[Any]) -> Entry:
    """Return the journal entry of a row as it is stored, its details as text.

    Whoever edits one by hand may put anything there, which must not hide the others: where it
    can't be told to whoever asks, this is an entry that says so.
    """
    try:
        fields = {**row._mapping, "details": json.loads(row.details)}
        entry: Entry = _reader(Entry).validate_python(fields)
        told = _reader(Entry).dump_python(entry, mode="json")
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        return Entry(
            row.id, 0.0, EntryKind.JOURNAL, UNREADABLE, "", None, None, f"It {_CHANGED}", {}
        )
    return entry


def arming_of(row: Row[Any] | None) -> Arming:
    """Return who armed or disarmed a witness; disarmed where nobody ever said."""
    return Arming(row.armed, row.who, row.why, row.since) if row else Arming()
