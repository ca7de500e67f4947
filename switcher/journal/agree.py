"""Whether the rows of incidents, rotations and arming say what the entries tell of them.

Rows change with every step, and the entries tell each of these changes: what a row says beyond
them was not written by a switcher. What entries don't tell (such as when an alert was last renewed)
can't be checked. Where retention removed the beginning, what is left is checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from switcher.errors import JournalError
from switcher.journal.retold import Trouble, retell_incident, retell_rotation
from switcher.journal.rows import incident_of, matter_of, rotation_of
from switcher.journal.tables import arming, entries, incidents, rotations
from switcher.model import EntryKind

_PAGE = 500


def disagreements(db: Connection, anchor: int) -> Iterator[Trouble]:
    """Yield what rows and entries don't agree in, and the entry that shows it, if one does.

    `anchor` is the last entry that retention removed, 0 where it removed none.
    """
    yield from _without_rows(db)
    yield from _astray(db)
    yield from _armings(db, anchor)
    known_since = _known_since(db) if anchor else None
    rows = select(incidents).order_by(incidents.c.id).limit(_PAGE)
    page = db.execute(rows).all()
    while page:
        yield from _page(db, page, known_since)
        page = db.execute(rows.where(incidents.c.id > page[-1].id)).all()


def _known_since(db: Connection) -> float:
    """Return the first incident of which an entry still tells the beginning; ids only grow."""
    opened = select(func.min(entries.c.incident)).where(entries.c.kind == EntryKind.OPENED)
    first = db.scalar(opened)
    return inf if first is None else first


def _page(db: Connection, page: Sequence[Row[Any]], known_since: float | None) -> Iterator[Trouble]:
    ids = [row.id for row in page]
    told: dict[int, list[Row[Any]]] = defaultdict(list)
    of_these = select(entries).where(entries.c.incident.in_(ids)).order_by(entries.c.id)
    for entry in db.execute(of_these):
        told[entry.incident].append(entry)
    acted: dict[int, list[Row[Any]]] = defaultdict(list)
    for rotation in db.execute(
        select(rotations).where(rotations.c.incident.in_(ids)).order_by(rotations.c.id)
    ):
        acted[rotation.incident].append(rotation)
    for row in page:
        yield from _unreadable(
            "incident", matter_of if row.subject else incident_of, row, told[row.id]
        )
        whole = known_since is None or row.id >= known_since
        yield from retell_incident(row, told[row.id], whole=whole)
        for rotation in acted[row.id]:
            steps = [entry for entry in told[row.id] if entry.rotation == rotation.id]
            yield from _unreadable("rotation", rotation_of, rotation, steps)
            yield from retell_rotation(rotation, steps, whole=whole)


def _unreadable(
    name: str, read: Callable[[Row[Any]], Any], row: Row[Any], told: Sequence[Row[Any]]
) -> Iterator[Trouble]:
    """Yield that a row, of which some entries tell, can't be read, if so."""
    try:
        read(row)
    except JournalError:
        yield f"{name} {row.id} can't be read", told[0].id if told else None


def _without_rows(db: Connection) -> Iterator[Trouble]:
    """Yield the first entries about incidents and rotations that there are no rows of."""
    for name, tab in (("incident", incidents), ("rotation", rotations)):
        about = entries.c[name]
        lost = (
            select(about, func.min(entries.c.id))
            .where(about.is_not(None), ~exists().where(tab.c.id == about))
            .group_by(about)
        )
        for number, first in db.execute(lost):
            yield f"there is no {name} {number} any more that it tells of", first


def _astray(db: Connection) -> Iterator[Trouble]:
    """Yield rotations of no incident: nothing would ever end them, or begin another one."""
    query = select(rotations.c.id).where(~exists().where(incidents.c.id == rotations.c.incident))
    for number in db.scalars(query):
        yield f"rotation {number} belongs to no incident that there is", None


def _armings(db: Connection, anchor: int) -> Iterator[Trouble]:
    newest = (
        select(func.max(entries.c.id))
        .where(entries.c.kind == EntryKind.ARMING)
        .group_by(entries.c.witness)
    )
    told = {
        entry.witness: entry
        for entry in db.execute(select(entries).where(entries.c.id.in_(newest)))
    }
    for row in db.execute(select(arming)):
        entry = told.pop(row.witness, None)
        if entry is None:
            if not anchor:
                yield f"no entry tells that {row.witness} was armed or disarmed", None
        elif dict(entry.details) != {k: v for k, v in row._asdict().items() if k != "witness"}:
            yield f"{row.witness} is not armed or disarmed as it tells", entry.id
    for entry in told.values():
        yield f"{entry.witness} is not armed or disarmed as it tells", entry.id
