"""When the dead man's switch last came, each function inside its caller's transaction. No clock."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from switcher.journal.tables import heartbeats

_NAME = "alert_path"
_MOVE_ON = update(heartbeats).where(heartbeats.c.name == _NAME)


def note_beat(db: Connection, now: float) -> None:
    """Note that the dead man's switch came."""
    changed = db.execute(_MOVE_ON, {"time": now})
    if not changed.rowcount:
        db.execute(insert(heartbeats).values(name=_NAME, time=now))


def last_beat(db: Connection) -> float | None:
    """Return when the dead man's switch last came."""
    return db.scalar(select(heartbeats.c.time).where(heartbeats.c.name == _NAME))
