"""Matters of somebody's chain in the journal, each function inside its caller's transaction.

They are rows of `incidents` with a subject; their attempts are what their entries tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, update

from switcher.errors import OrderError
from switcher.journal import entries
from switcher.journal.rows import matter_of
from switcher.journal.tables import entries as told
from switcher.journal.tables import incidents
from switcher.model import ActionName, Cause, Ending, EntryKind
from switcher.resolving.model import (
    Kind,
    Matter,
    ResolveDecision,
    ResolveOutcome,
    Subject,
    Wish,
    still_open,
)

_still_open = incidents.c.ended.is_(None)
_of_chains = (incidents.c.witness == "") & (incidents.c.signing_key == "")
"""What the index of accusations begins with, without which all incidents are looked through."""

_NEWEST = (
    select(incidents)
    .where(
        _of_chains,
        incidents.c.subject == bindparam("about"),
        incidents.c.cause == Cause.ALERT,
    )
    .order_by(incidents.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Which:
    """Which matters are meant: those of a kind, of one name, or of any but some names."""

    kind: Kind
    name: str | None = None
    but: Collection[str] = ()

    def where(self) -> ColumnElement[bool]:
        """Return the condition on the table of incidents."""
        if self.name is not None:
            return incidents.c.subject == str(Subject(self.kind, self.name))
        others = [str(Subject(self.kind, name)) for name in self.but]
        return incidents.c.subject.startswith(f"{self.kind}:") & incidents.c.subject.not_in(others)


def read_open(db: Connection, which: Which) -> tuple[Matter, ...]:
    """Return open matters, oldest first."""
    wanted = _of_chains, which.where(), _still_open
    rows = db.execute(select(incidents).where(*wanted).order_by(incidents.c.id))
    return tuple(_matter(db, row) for row in rows.all())


def newest(db: Connection, subject: Subject) -> Row[Any] | None:
    """Return the row of the newest matter that an alert opened about a subject, open or not."""
    return db.execute(_NEWEST, {"about": str(subject)}).one_or_none()


def count_open(db: Connection, but: Collection[Subject]) -> int:
    """Return how many matters that alerts opened are open, but those of some subjects."""
    subject = incidents.c.subject
    query = select(func.count()).where(
        _of_chains,
        subject != "",
        subject.not_in([str(each) for each in but]),
        incidents.c.cause == Cause.ALERT,
        _still_open,
    )
    return db.scalar(query) or 0


def open_matter(
    db: Connection,
    subject: Subject,
    cause: Cause,
    sentence: str,
    details: Mapping[str, Any],
    now: float,
    *,
    wish: Wish | None = None,
    alerts: Mapping[str, Any] | None = None,
) -> int:
    """Open a matter and return its number."""
    row = db.execute(
        insert(incidents)
        .values(
            action=ActionName.RESOLVE,
            cause=cause,
            order=asdict(wish) if wish else None,
            witness="",
            signing_key="",
            accused="",
            subject=str(subject),
            opened=now,
            renewed=now,
            alerts=dict(alerts or {}),
        )
        .returning(incidents.c.id)
    ).one()
    value = ActionName.RESOLVE if cause is Cause.ALERT else cause
    details = {"subject": str(subject), **details}
    about = entries.About("", row.id)
    entries.write_entry(db, now, about, EntryKind.OPENED, value, sentence, details)
    return int(row.id)


def open_wish(db: Connection, subject: Subject, wish: Wish, now: float) -> Matter:
    """Open a matter as a person asks.

    Raises:
        OrderError: another one about this subject is still open.
    """
    if (other := asked_already(db, subject)) is not None:
        raise OrderError(still_open(other, subject))
    deep = "" if wish.allow_depth is None else f" at the cost of {wish.allow_depth} own blocks"
    sentence = f"{wish.who} wants {subject.kind} {subject.name} resolved{deep}: {wish.why}"
    number = open_matter(db, subject, Cause.MANUAL, sentence, asdict(wish), now, wish=wish)
    return _matter(db, db.execute(select(incidents).where(incidents.c.id == number)).one())


def asked_already(db: Connection, subject: Subject) -> int | None:
    """Return the number of the matter that a person opened about a subject, if it is open."""
    query = select(incidents.c.id).where(
        incidents.c.subject == str(subject), incidents.c.cause == Cause.MANUAL, _still_open
    )
    return db.scalar(query)


def decide(
    db: Connection,
    matter: Matter,
    decision: ResolveDecision,
    sentence: str,
    details: Mapping[str, Any],
    now: float,
) -> bool:
    """Note a decision; tell whether it is another one than before, which gets an entry.

    Nothing is noted of a matter that is over.
    """
    values = {"decision": decision, "sentence": sentence}
    if not _change_open(db, matter.id, values) or decision is matter.decision:
        return False
    _entry(db, matter, EntryKind.DECISION, decision, sentence, details, now)
    return True


def attempt(
    db: Connection,
    matter: Matter,
    outcome: ResolveOutcome,
    sentence: str,
    details: Mapping[str, Any],
    now: float,
) -> bool:
    """Write down a step of a matter; tell whether it was still open, without which none is."""
    if not _change_open(db, matter.id, {"sentence": sentence}):
        return False
    _entry(db, matter, EntryKind.STEP, outcome, sentence, details, now)
    return True


def end(db: Connection, matter: Matter, ending: Ending, sentence: str, now: float) -> None:
    """End a matter, unless it is over."""
    if _change_open(db, matter.id, {"ended": now, "ending": ending}):
        _entry(db, matter, EntryKind.ENDED, ending, sentence, {}, now)


def _entry(
    db: Connection,
    matter: Matter,
    kind: EntryKind,
    value: str,
    sentence: str,
    details: Mapping[str, Any],
    now: float,
) -> None:
    named = {"subject": str(matter.subject), **details}
    entries.write_entry(db, now, entries.About("", matter.id), kind, value, sentence, named)


def _change_open(db: Connection, number: int, values: Mapping[str, Any]) -> bool:
    changed = update(incidents).where(incidents.c.id == number, _still_open).values(**values)
    return bool(db.execute(changed).rowcount)


def _matter(db: Connection, row: Row[Any]) -> Matter:
    steps = db.execute(
        select(told)
        .where(told.c.incident == row.id, told.c.kind == EntryKind.STEP)
        .order_by(told.c.id)
    )
    return matter_of(row, steps)
