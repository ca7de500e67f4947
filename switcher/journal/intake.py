"""Judged alerts into the journal: what opens, renews or ends an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from switcher.journal import beats, doubts, entries, store
from switcher.journal.receipt import NOT_OPEN, Receipt, goes_on, renewed, withdrawn, write_back
from switcher.journal.room import Room
from switcher.journal.rows import incident_of, stored_sightings
from switcher.journal.tables import incidents, rotations
from switcher.lease_session import is_unheld
from switcher.model import DEALT_WITH, Ending, EntryKind, Sighting
from switcher.resolving.model import Subject
from switcher.webhook import Accusation, Doubt, Heartbeat, Judged, Unusable

# Built once: that takes the library longer than to run them.
_OPEN = insert(incidents).returning(incidents.c.id)
_UNDER_WAY = select(rotations.c.id).where(
    rotations.c.incident == bindparam("number"), rotations.c.ended.is_(None)
)
_NEXT = select(rotations.c.id).where(
    rotations.c.witness == bindparam("account"),
    rotations.c.to_key == bindparam("key"),
    rotations.c.ended.is_(None),
)


def take(
    db: Connection,
    alerts: Sequence[Judged],
    keys: Mapping[str, Set[str]],
    chains: Mapping[Subject, bool],
    most: int,
    now: float,
) -> list[Receipt]:
    """Take alerts in.

    `keys` are the signing keys by witness of which one is in force, as far as is known; `chains`
    the nodes and peers that are configured, and whether each is seen to be on the longest valid
    chain. Once `most` incidents were opened within an hour, what can't be true now opens none.
    """
    room = Room(db, keys, most, now, len(alerts))

    def take_one(alert: Judged) -> Receipt:
        match alert:
            case Heartbeat():
                beats.note_beat(db, now)
                return Receipt("heartbeat")
            case Unusable(result, reason):
                return Receipt(result, reason=reason)
            case Doubt():
                return doubts.take(db, alert, chains, most, now)
            case Accusation():
                found = store.last_accusation(db, alert.witness, alert.signing_key)
                if alert.firing:
                    return _firing(db, alert, found, keys, room, now)
                return _resolved(db, alert, found, keys, now)

    return [take_one(alert) for alert in alerts]


def _firing(
    db: Connection,
    alert: Accusation,
    found: Row[Any] | None,
    keys: Mapping[str, Set[str]],
    room: Room,
    now: float,
) -> Receipt:
    sighting = Sighting(now, alert.starts_at)
    may_be_true = alert.signing_key in keys.get(alert.witness, ())
    if found is None or (found.ended is not None and (may_be_true or not _is_repeat(alert, found))):
        if not may_be_true and not _is_next(db, alert) and (lack := room.lack(alert.witness)):
            return Receipt("ignored", alert.witness, reason=lack)
        return _open(db, alert, sighting, now)
    if found.ended is not None:
        return Receipt("repeated", alert.witness, found.id)
    values = renewed(found, alert.fingerprint, sighting)
    write_back(db, found, values)
    return Receipt("renewed", alert.witness, found.id)


def _is_repeat(alert: Accusation, found: Row[Any]) -> bool:
    """Tell whether an alert only goes on about a key that has been rotated away from.

    Alertmanager repeats an alert until it has heard that it is resolved, which comes later.
    """
    return found.ending in DEALT_WITH and goes_on(found, alert.fingerprint, alert.starts_at)


def _is_next(db: Connection, alert: Accusation) -> bool:
    """Tell whether a rotation is about to put a key in force, which is as good as in force."""
    named = {"account": alert.witness, "key": alert.signing_key}
    return db.scalar(_NEXT, named) is not None


def _open(db: Connection, alert: Accusation, sighting: Sighting, now: float) -> Receipt:
    values = {
        "action": alert.action,
        "witness": alert.witness,
        "signing_key": alert.signing_key,
        "accused": alert.signing_key,
        "opened": now,
        "renewed": now,
        "alerts": stored_sightings({alert.fingerprint: sighting}),
    }
    row = db.execute(_OPEN, values).one()
    entries.write_entry(
        db,
        now,
        entries.About(alert.witness, row.id),
        EntryKind.OPENED,
        alert.action,
        f"{alert.alert} accuses {alert.witness} with key {alert.signing_key}",
        {
            "alert": alert.alert,
            "fingerprint": alert.fingerprint,
            "starts_at": alert.starts_at,
            "accused": alert.signing_key,
        },
    )
    return Receipt("opened", alert.witness, row.id)


def _resolved(
    db: Connection,
    alert: Accusation,
    found: Row[Any] | None,
    keys: Mapping[str, Set[str]],
    now: float,
) -> Receipt:
    """Take the end of an alert in, which is no more evidence than the alert was.

    Of a key that is, or may be, in force the chain has the last word: its worker ends the incident.
    So does the worker of a switcher that acts for a witness which is not configured here.
    """
    if found is None or found.ended is not None:
        return Receipt("ignored", alert.witness, reason=NOT_OPEN)
    values = withdrawn(found, alert.fingerprint)
    write_back(db, found, values)
    incident = incident_of(found)
    may_be_true = found.accused in keys.get(alert.witness, ())
    if (
        not values["resolved"]
        or may_be_true
        or not incident.hangs_on_alerts
        or _is_rotating(db, found.id)
        or not (alert.witness in keys or is_unheld(db, alert.witness))
    ):
        return Receipt("resolved", alert.witness, found.id)
    sentence = f"{alert.alert} is resolved"
    store.end_incident(db, incident, Ending.RESOLVED, sentence, now)
    return Receipt("ended", alert.witness, found.id)


def _is_rotating(db: Connection, incident: int) -> bool:
    return db.scalar(_UNDER_WAY, {"number": incident}) is not None
