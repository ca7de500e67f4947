"""Incidents of witnesses that the configuration does not know. No clock.

Their names come from whoever posts alerts, so that there may be a thousand of them: only what has
to be seen to is read whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, func, not_, or_, select

from switcher.journal import store
from switcher.journal.rows import incident_of
from switcher.journal.tables import incidents
from switcher.lease_session import is_unheld
from switcher.model import ActionName, Decision, Ending, Incident
from switcher.ruling import Ruling

# Built once: that takes the library longer than to run them.
_IS_OPEN = (
    incidents.c.action == ActionName.ROTATE,
    incidents.c.witness.not_in(bindparam("known", expanding=True)),
    incidents.c.ended.is_(None),
)
_ALL = select(incidents).where(*_IS_OPEN).order_by(incidents.c.id)
_IS_HELD = incidents.c.decision == Decision.UNKNOWN_WITNESS
_WAITING = (
    _ALL.where(or_(incidents.c.decision.is_(None), not_(_IS_HELD)))
    .where(incidents.c.id > bindparam("after"))
    .limit(bindparam("most"))
)
_SILENT = _ALL.where(
    or_(
        incidents.c.resolved,
        incidents.c.order.is_not(None),
        not_(incidents.c.renewed.between(bindparam("earliest"), bindparam("latest"))),
    )
)
_HELD = (
    select(func.count())
    .select_from(incidents)
    .where(*_IS_OPEN, _IS_HELD)
    .where(or_(incidents.c.order.is_(None), incidents.c.accused != incidents.c.signing_key))
)


def strangers(db: Connection, known: Collection[str]) -> tuple[Incident, ...]:
    """Return all that are open; `known` are the witnesses (accounts) of the configuration."""
    return tuple(incident_of(row) for row in db.execute(_ALL, {"known": list(known)}))


def waiting(db: Connection, known: Collection[str], after: int, most: int) -> tuple[Incident, ...]:
    """Return at most so many, beyond an id, that are not decided as those of an unknown witness."""
    named = {"known": list(known), "after": after, "most": most}
    return tuple(incident_of(row) for row in db.execute(_WAITING, named))


def silent(
    db: Connection, known: Collection[str], renewal: float, now: float
) -> tuple[Incident, ...]:
    """Return those that may be over: orders, and those without an alert within `renewal` seconds.

    Also those that were renewed as far ahead, by a clock that was wrong.
    """
    times = {"earliest": now - renewal, "latest": now + renewal}
    rows = db.execute(_SILENT, {"known": list(known), **times})
    return tuple(incident_of(row) for row in rows)


def held(db: Connection, known: Collection[str]) -> int:
    """Return how many accusations are decided as those of an unknown witness."""
    return db.scalar(_HELD, {"known": list(known)}) or 0


def decide(
    db: Connection, rulings: Iterable[tuple[Incident, Ruling]], now: float
) -> list[tuple[Incident, Ruling]]:
    """Note decisions about witnesses, as `store.decide_all` does, but for whom nobody acts."""
    left = [(incident, ruling) for incident, ruling in rulings if is_unheld(db, incident.witness)]
    return store.decide_all(db, left, now)


def end(db: Connection, incident: Incident, ending: Ending, sentence: str, now: float) -> bool:
    """End an incident, and tell so, unless somebody acts for its witness."""
    if not is_unheld(db, incident.witness):
        return False
    store.end_incident(db, incident, ending, sentence, now)
    return True
