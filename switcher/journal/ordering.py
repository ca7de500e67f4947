"""Orders and drills in the journal, each function inside one transaction of its caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from switcher.errors import OrderError
from switcher.journal import entries
from switcher.journal.rows import incident_of
from switcher.journal.store import read_arming
from switcher.journal.tables import drills, incidents
from switcher.model import ActionName, Cause, DrillResult, EntryKind, Incident, Order
from switcher.orders import Drilled, still_open


def open_order(
    db: Connection, witness: str, signing_key: str, cause: Cause, order: Order, now: float
) -> Incident:
    """Open an incident for an order; `signing_key` is the one in force that it is to replace.

    An earlier order whose new host never signed is no obstacle: what is left of it is to replace
    that host, which this one may do. It comes after an earlier disarming, whatever the clock says.

    Raises:
        OrderError: another order for the witness is still open.
    """
    open_one = select(incidents.c.id).where(
        incidents.c.witness == witness,
        incidents.c.cause != Cause.ALERT,
        incidents.c.accused == incidents.c.signing_key,
        incidents.c.ended.is_(None),
    )
    if (other := db.scalar(open_one)) is not None:
        raise OrderError(still_open(other, witness))
    now = max(now, read_arming(db, witness).since)
    row = db.execute(
        insert(incidents)
        .values(
            cause=cause,
            order=asdict(order),
            action=ActionName.ROTATE,
            witness=witness,
            signing_key=signing_key,
            accused=signing_key,
            opened=now,
            renewed=now,
            alerts={},
        )
        .returning(incidents)
    ).one()
    to = ", ".join(order.route)
    sentence = f"{order.who} wants {to} on air for {witness} ({cause}): {order.why}"
    details = {"accused": signing_key, **asdict(order)}
    about = entries.About(witness, row.id)
    entries.write_entry(db, now, about, EntryKind.OPENED, cause, sentence, details)
    return incident_of(row)


def note_drill(db: Connection, witness: str, results: Iterable[Drilled]) -> None:
    """Remember what a drill showed of each producer; only the newest of each result is kept."""
    for each in results:
        same = (
            drills.c.witness == witness,
            drills.c.producer == each.producer,
            drills.c.result == each.result,
        )
        db.execute(delete(drills).where(*same))
        db.execute(insert(drills).values(witness=witness, **asdict(each)))


def read_drills(db: Connection, witness: str) -> tuple[Drilled, ...]:
    """Return the newest drills of each producer of a witness by result."""
    rows = db.execute(select(drills).where(drills.c.witness == witness))
    return tuple(Drilled(row.producer, DrillResult(row.result), row.time) for row in rows)
