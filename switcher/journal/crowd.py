"""Whether so many incidents began lately that an alert which does nothing begins none. No clock.

Each leaves some entries for good, and whoever may post alerts can have ever other ones begin, or
the same begin and end over and over.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from switcher.journal.tables import incidents

LULL = 60.0
"""Seconds between two incidents about the same thing while there is a crowd of them."""

_HOUR = 3_600.0

# Numbers grow, so that this looks up two rows however many there are.
_OPENED = (
    select(incidents.c.opened)
    .where(incidents.c.id <= select(func.max(incidents.c.id)).scalar_subquery() - bindparam("back"))
    .order_by(incidents.c.id.desc())
    .limit(1)
)


def is_crowded(db: Connection, most: int, now: float) -> bool:
    """Tell whether `most` incidents or more, of any kind, began within the hour before `now`."""
    opened = db.scalar(_OPENED, {"back": most - 1})
    # A time that far ahead was written by a clock that was wrong.
    return opened is not None and abs(now - opened) < _HOUR


def why_none(db: Connection, most: int, now: float) -> str:
    """Return why an alert begins no incident at present, nothing where it may."""
    if not is_crowded(db, most, now):
        return ""
    return f"{most} incidents were opened within an hour, so that only what may be true opens more."


def is_lull(since: float, now: float) -> bool:
    """Tell whether enough time went by since a time for the next incident in a crowd."""
    return abs(now - since) >= LULL
