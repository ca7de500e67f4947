"""Every entry has a hash that its successor's covers; one row has the newest."""

from __future__ import annotations

import json
import secrets
import time

import sqlalchemy as sa
from alembic import op

from switcher.journal.hashes import Head, genesis, link

revision = "0005"
down_revision = "0004"

_NAMES = ("id", "time", "kind", "value", "witness", "incident", "rotation", "sentence")
_ENTRIES = sa.table("entries", *map(sa.column, (*_NAMES, "details", "hash")))
_FIELDS = (*(_ENTRIES.c[name] for name in _NAMES), sa.cast(_ENTRIES.c.details, sa.Text))
_PAGE = 1000


def upgrade() -> None:
    """Give the entries there are their hashes, and say so in one more."""
    journal = op.create_table(
        "journal",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("anchor", sa.Integer, nullable=False),
        sa.Column("anchor_hash", sa.String(64), nullable=False),
    )
    op.add_column("entries", sa.Column("hash", sa.String(64), nullable=False, server_default=""))
    db = op.get_bind()
    name = secrets.token_hex(16)
    first = genesis(name)
    head = _hash_all(db, first)
    if head != first:
        head = _say_so(db, head)
    if db.dialect.name == "postgresql":
        # A switcher of an earlier version that still runs is to fail, not to break the chain.
        op.alter_column("entries", "hash", server_default=None)
    values = {"last": head.id, "hash": head.hash, "anchor": first.id, "anchor_hash": first.hash}
    db.execute(sa.insert(journal).values(name=name, **values))


def _hash_all(db: sa.Connection, head: Head) -> Head:
    """Give every entry its hash, and return the newest's."""
    ours = sa.update(_ENTRIES).where(_ENTRIES.c.id == sa.bindparam("of"))
    while True:
        page = sa.select(*_FIELDS).where(_ENTRIES.c.id > head.id)
        rows = db.execute(page.order_by(_ENTRIES.c.id).limit(_PAGE)).all()
        hashed = []
        for row in rows:
            head = Head(row[0], link(head.hash, tuple(row)))
            hashed.append({"of": head.id, "new": head.hash})
        if not hashed:
            return head
        db.execute(ours.values(hash=sa.bindparam("new")), hashed)


def _say_so(db: sa.Connection, head: Head) -> Head:
    sentence = f"an update gave the entries up to {head.id} their hashes"
    details = json.dumps({"to": head.id})
    fields = (head.id + 1, time.time(), "journal", "chained", "", None, None, sentence, details)
    hashed = Head(head.id + 1, link(head.hash, fields))
    stored = sa.table(
        "entries", *(sa.column(name) for name in (*_NAMES, "hash")), sa.column("details", sa.JSON)
    )
    values = dict(zip((*_NAMES, "details"), fields, strict=True))
    values |= {"details": json.loads(details), "hash": hashed.hash}
    db.execute(sa.insert(stored).values(**values))
    return hashed
