"""Alerts about the chain of a node or a peer into the journal: what opens, renews or resolves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from switcher.journal import crowd, matters
from switcher.journal.receipt import NOT_OPEN, Receipt, goes_on, renewed, withdrawn, write_back
from switcher.journal.rows import stored_sightings
from switcher.model import Cause, Ending, Sighting
from switcher.resolving.model import Subject
from switcher.webhook import Doubt

_MOST_OPEN = 100
"""Open matters of nodes and peers that nobody configured: their names come from whoever posts."""


def take(
    db: Connection, alert: Doubt, chains: Mapping[Subject, bool], most: int, now: float
) -> Receipt:
    """Take an alert in; `chains` are those configured, and whether each is seen to be well.

    Once `most` incidents were opened within an hour, a node or a peer gets one a minute.
    """
    found = matters.newest(db, alert.subject)
    if not alert.firing:
        return _resolved(db, alert, found)
    if found is None or (found.ended is not None and not _is_repeat(alert, found, chains)):
        if reason := _surplus(db, alert, found, chains, most, now):
            return Receipt("ignored", reason=reason, subject=alert.subject)
        return _open(db, alert, now)
    if found.ended is not None:
        return Receipt("repeated", incident=found.id, subject=alert.subject)
    sighting = Sighting(now, alert.starts_at)
    write_back(db, found, renewed(found, alert.fingerprint, sighting))
    return Receipt("renewed", incident=found.id, subject=alert.subject)


def _is_repeat(alert: Doubt, found: Row[Any], chains: Mapping[Subject, bool]) -> bool:
    """Tell whether an alert only goes on about a chain that is well again by now."""
    return (
        found.ending == Ending.RESOLVED
        and goes_on(found, alert.fingerprint, alert.starts_at)
        and chains.get(alert.subject, False)
    )


def _surplus(
    db: Connection,
    alert: Doubt,
    found: Row[Any] | None,
    chains: Mapping[Subject, bool],
    most: int,
    now: float,
) -> str:
    """Return why an alert opens no matter, nothing where it does."""
    if alert.subject in chains:
        waits = found is not None and not crowd.is_lull(found.opened, now)
        return crowd.why_none(db, most, now) if waits else ""
    if reason := crowd.why_none(db, most, now):
        return reason
    if matters.count_open(db, chains) < _MOST_OPEN:
        return ""
    return f"{_MOST_OPEN} nodes or peers that nobody configured are reported already."


def _open(db: Connection, alert: Doubt, now: float) -> Receipt:
    number = matters.open_matter(
        db,
        alert.subject,
        Cause.ALERT,
        f"{alert.alert} says that {alert.subject.kind} {alert.subject.name} is off the chain",
        {
            "alert": alert.alert,
            "fingerprint": alert.fingerprint,
            "starts_at": alert.starts_at,
        },
        now,
        alerts=stored_sightings({alert.fingerprint: Sighting(now, alert.starts_at)}),
    )
    return Receipt("opened", incident=number, subject=alert.subject)


def _resolved(db: Connection, alert: Doubt, found: Row[Any] | None) -> Receipt:
    """Take the end of an alert in; its worker looks at the chain once more, and ends the matter."""
    if found is None or found.ended is not None:
        return Receipt("ignored", reason=NOT_OPEN, subject=alert.subject)
    write_back(db, found, withdrawn(found, alert.fingerprint))
    return Receipt("resolved", incident=found.id, subject=alert.subject)
