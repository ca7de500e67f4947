"""What is done to the journal, each function inside one transaction of its caller. No clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from math import inf, nextafter
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from switcher.errors import OverruledError
from switcher.journal.entries import About, incident_entry, is_empty, step_entry, write_entry
from switcher.journal.rows import arming_of, incident_of, rotation_of
from switcher.journal.tables import arming, incidents, rotations
from switcher.model import (
    BY_HAND,
    UNSPENT,
    Arming,
    Cause,
    Decision,
    Draft,
    Ending,
    EntryKind,
    Incident,
    Outcome,
    Record,
    Rotation,
    Step,
)
from switcher.ruling import Ruling

# Built once: that takes the library longer than to run them.
_OPEN_ONES = (
    select(incidents)
    .where(incidents.c.witness == bindparam("account"), incidents.c.ended.is_(None))
    .order_by(incidents.c.id)
)
_RECENT = (
    select(
        rotations,
        and_(
            incidents.c.cause == Cause.RETURN, rotations.c.from_key == incidents.c.signing_key
        ).label("handed_back"),
    )
    .join(incidents)
    .where(
        rotations.c.witness == bindparam("account"),
        or_(rotations.c.opened > bindparam("since"), rotations.c.ended.is_(None)),
    )
    .order_by(rotations.c.id)
)
_ARMING = select(arming).where(arming.c.witness == bindparam("account"))
_CHANGE_OPEN = update(incidents).where(
    incidents.c.id == bindparam("number"), incidents.c.ended.is_(None)
)
_LAST_ACCUSATION = (
    select(incidents)
    .where(
        incidents.c.witness == bindparam("account"),
        incidents.c.signing_key == bindparam("key"),
        incidents.c.cause == Cause.ALERT,
    )
    .order_by(incidents.c.id.desc())
    .limit(1)
)


def read_record(db: Connection, witness: str, since: float) -> Record:
    """Return a witness' open incidents, its open rotation and those opened since a time."""
    open_ones = db.execute(_OPEN_ONES, {"account": witness})
    recent = db.execute(_RECENT, {"account": witness, "since": since})
    return Record(
        tuple(incident_of(row) for row in open_ones),
        tuple(replace(rotation_of(row), returning=bool(row.handed_back)) for row in recent),
        read_arming(db, witness),
    )


def read_arming(db: Connection, witness: str) -> Arming:
    """Return whether a witness may be rotated."""
    return arming_of(db.execute(_ARMING, {"account": witness}).one_or_none())


def is_news(incident: Incident, decision: Decision, sentence: str, planned: float | None) -> bool:
    """Tell whether anything of a decision is other than what the incident has already."""
    before = (incident.decision, incident.sentence, incident.planned)
    return before != (decision, sentence, planned)


def decide(
    db: Connection,
    incident: Incident,
    decision: Decision,
    sentence: str,
    planned: float | None,
    now: float,
) -> bool:
    """Note a decision; tell whether it, or the time it plans, is another one than before.

    Then it gets an entry. Nothing is noted of an incident that an alert has ended meanwhile.
    """
    before = (incident.decision, incident.planned)
    values = {"decision": decision, "sentence": sentence, "planned": planned}
    if not _change_open(db, incident, values) or before == (decision, planned):
        return False
    details = {"planned": planned} if planned is not None else {}
    incident_entry(db, incident, now, EntryKind.DECISION, decision, sentence, details)
    return True


def decide_all(
    db: Connection, rulings: Iterable[tuple[Incident, Ruling]], now: float
) -> list[tuple[Incident, Ruling]]:
    """Note decisions, and end what is superseded; return those that are others than before."""
    news = []
    for incident, ruling in rulings:
        if decide(db, incident, ruling.decision, ruling.sentence, ruling.planned, now):
            news.append((incident, ruling))
        if ruling.decision is Decision.SUPERSEDED:
            end_incident(db, incident, Ending.SUPERSEDED, ruling.sentence, now)
    return news


def end_incident(
    db: Connection, incident: Incident, ending: Ending, sentence: str, now: float
) -> None:
    """End an incident, unless it is over."""
    if _change_open(db, incident, {"ended": now, "ending": ending}):
        incident_entry(db, incident, now, EntryKind.ENDED, ending, sentence)


def _change_open(db: Connection, incident: Incident, values: Mapping[str, Any]) -> bool:
    """Change an incident's columns and tell whether it was still open."""
    return bool(db.execute(_CHANGE_OPEN, {"number": incident.id, **values}).rowcount)


def accuse(db: Connection, incident: Incident, key: str, sentence: str, now: float) -> None:
    """Accuse another key within the same incident."""
    db.execute(
        update(incidents)
        .where(incidents.c.id == incident.id)
        .values(accused=key, decision=None, planned=None, sentence=sentence)
    )
    details = {"accuses": key}
    incident_entry(db, incident, now, EntryKind.STEP, Step.ACCUSED, sentence, details)


def open_rotation(
    db: Connection, draft: Draft, outcome: Outcome, sentence: str, now: float
) -> Rotation:
    """Write down a rotation before any of it leaves this machine.

    With an outcome that changed nothing (it can't be signed or paid) it is over at once.

    Raises:
        OverruledError: the incident ended, the witness was disarmed, or another rotation of it
            began meanwhile.
    """
    incident = open_incident(db, draft.incident)
    if incident is None:
        raise OverruledError(f"Incident {draft.incident} ended before its rotation began.")
    if (other := _open_rotation(db, draft.witness)) is not None:
        raise OverruledError(f"Rotation {other} of {draft.witness} began before this one.")
    arming_now = read_arming(db, draft.witness)
    if not arming_now.permits(by_hand=draft.by_hand, asked=incident.opened):
        raise OverruledError(f"{draft.witness} was disarmed before its rotation began.")
    ended = now if outcome in UNSPENT else None
    values = {**asdict(draft), "opened": now, "outcome": outcome, "ended": ended}
    row = db.execute(
        insert(rotations).values(**values, sentence=sentence).returning(rotations)
    ).one()
    rotation = rotation_of(row)
    details = {
        "from": draft.from_key,
        "to": draft.to_key,
        "producer": draft.producer,
        "by_hand": draft.by_hand,
        "transaction_id": draft.transaction_id,
        "transaction": draft.transaction,
    }
    step_entry(db, rotation, outcome, sentence, now, details)
    return rotation


def _open_rotation(db: Connection, witness: str) -> int | None:
    return db.scalar(
        select(rotations.c.id).where(rotations.c.witness == witness, rotations.c.ended.is_(None))
    )


def change_rotation(
    db: Connection,
    rotation: Rotation,
    values: Mapping[str, Any],
    steps: Iterable[tuple[Outcome | Step, str]],
    now: float,
    details: Mapping[str, Any] | None = None,
) -> Rotation:
    """Change a rotation's columns and write an entry for each step."""
    row = db.execute(
        update(rotations).where(rotations.c.id == rotation.id).values(**values).returning(rotations)
    ).one()
    for step, sentence in steps:
        step_entry(db, rotation, step, sentence, now, details)
    return rotation_of(row)


def end_rotation(
    db: Connection,
    rotation: Rotation,
    values: Mapping[str, Any],
    steps: Iterable[tuple[Outcome | Step, str]],
    closing: Ending | Step | None,
    now: float,
    details: Mapping[str, Any],
) -> Rotation:
    """Change a rotation for the last time, together with its incident.

    `closing` ends the incident, or with `Step.ACCUSED` has it accuse the rotation's new key; with
    None it is decided anew.
    """
    rotation = change_rotation(db, rotation, values, steps, now, details)
    incident = open_incident(db, rotation.draft.incident)
    if incident is not None:
        match closing:
            case Step.ACCUSED:
                accuse(db, incident, rotation.draft.to_key, rotation.sentence, now)
            case Ending():
                end_incident(db, incident, closing, rotation.sentence, now)
            case None:
                _change_open(db, incident, {"decision": None, "planned": None})
    return rotation


def open_incident(db: Connection, incident_id: int) -> Incident | None:
    """Return an incident if it is still open."""
    row = db.execute(
        select(incidents).where(incidents.c.id == incident_id, incidents.c.ended.is_(None))
    ).one_or_none()
    return incident_of(row) if row else None


def set_arming(db: Connection, witness: str, state: Arming) -> None:
    """Arm or disarm a witness.

    The journal's order counts, not the clock's: what is disarmed now was so after every order that
    is open, though the clock went back since that was given.
    """
    by_hand = select(func.max(incidents.c.opened)).where(
        incidents.c.witness == witness,
        incidents.c.cause.in_(BY_HAND),
        incidents.c.ended.is_(None),
    )
    latest = db.scalar(by_hand)
    since = state.since if latest is None else max(state.since, nextafter(latest, inf))
    values = {**asdict(state), "since": since}
    changed = db.execute(update(arming).where(arming.c.witness == witness).values(**values))
    if not changed.rowcount:
        db.execute(insert(arming).values(witness=witness, **values))
    word = "armed" if state.armed else "disarmed"
    sentence = f"{witness} {word} by {state.who}: {state.why}"
    write_entry(db, state.since, About(witness), EntryKind.ARMING, word, sentence, values)


def begin(db: Connection, witnesses: Iterable[str], state: Arming) -> None:
    """Give an empty journal its first state."""
    if is_empty(db):
        for witness in witnesses:
            set_arming(db, witness, state)


def last_accusation(db: Connection, witness: str, signing_key: str) -> Row[Any] | None:
    """Return the row of the newest incident that an alert opened about a key, open or not."""
    return db.execute(_LAST_ACCUSATION, {"account": witness, "key": signing_key}).one_or_none()
