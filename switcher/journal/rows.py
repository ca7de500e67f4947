"""Between the tables' rows and the switcher's values."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from switcher.journal.hashes import UNREADABLE
from switcher.model import (
    ActionName,
    Arming,
    Cause,
    Decision,
    Draft,
    Entry,
    EntryKind,
    Incident,
    Order,
    Outcome,
    Rotation,
    Sighting,
)

_CHANGED = (
    "It was changed by something else than Understudy and can't be read; look into it with: "
    "understudy journal verify"
)
_ENTRY = TypeAdapter(Entry)


def incident_of(row: Row[Any]) -> Incident:
    """Return the incident of a row."""
    return Incident(
        id=row.id,
        action=ActionName(row.action),
        witness=row.witness,
        signing_key=row.signing_key,
        accused=row.accused,
        opened=row.opened,
        renewed=row.renewed,
        resolved=row.resolved,
        decision=Decision(row.decision) if row.decision else None,
        sentence=row.sentence,
        alerts=sightings_of(row.alerts),
        cause=Cause(row.cause),
        order=_order_of(row.order),
        planned=row.planned,
    )


def _order_of(stored: dict[str, Any] | None) -> Order | None:
    return Order(**{**stored, "route": tuple(stored["route"])}) if stored else None


def sightings_of(stored: dict[str, dict[str, Any]]) -> dict[str, Sighting]:
    """Return the alerts of an incident by fingerprint."""
    return {fingerprint: Sighting(**sighting) for fingerprint, sighting in stored.items()}


def stored_sightings(alerts: dict[str, Sighting]) -> dict[str, dict[str, Any]]:
    """Return the form in which the alerts of an incident are stored."""
    return {fingerprint: asdict(sighting) for fingerprint, sighting in alerts.items()}


def rotation_of(row: Row[Any]) -> Rotation:
    """Return the rotation of a row."""
    draft = Draft(
        incident=row.incident,
        witness=row.witness,
        from_key=row.from_key,
        to_key=row.to_key,
        producer=row.producer,
        decided=row.decided,
        by_hand=row.by_hand,
        reference=row.reference,
        expiration=row.expiration,
        transaction_id=row.transaction_id,
        transaction=row.transaction,
    )
    return Rotation(
        id=row.id,
        draft=draft,
        opened=row.opened,
        accepted=row.accepted,
        sent=row.sent,
        block=row.block,
        block_id=row.block_id,
        in_block=row.in_block,
        irreversible=row.irreversible,
        on_air=row.on_air,
        ended=row.ended,
        outcome=Outcome(row.outcome) if row.outcome else None,
        sentence=row.sentence,
    )


def entry_of(row: Row[Any]) -> Entry:
    """Return the journal entry of a row as it is stored, its details as text.

    Whoever edits one by hand may put anything there, which must not hide the others: where it
    can't be told to whoever asks, this is an entry that says so.
    """
    try:
        fields = {**row._mapping, "details": json.loads(row.details)}
        entry = _ENTRY.validate_python(fields)
        told = _ENTRY.dump_python(entry, mode="json")
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        return Entry(row.id, 0.0, EntryKind.JOURNAL, UNREADABLE, "", None, None, _CHANGED, {})
    return entry


def arming_of(row: Row[Any] | None) -> Arming:
    """Return who armed or disarmed a witness; disarmed where nobody ever said."""
    return Arming(row.armed, row.who, row.why, row.since) if row else Arming()
