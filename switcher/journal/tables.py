"""The journal's tables. Times are seconds since the epoch; JSON columns hold plain objects.

A new journal has them as they stand here; `switcher.journal.migrations` brings those of earlier
versions up to date.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

from switcher.journal.plain import plain_json, plain_text

REVISION = "0006"
"""The newest migration: grows with every change of these tables."""

metadata = MetaData()


class PlainText(TypeDecorator[str]):
    """Text for people, of any length, whoever wrote it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return what is stored."""
        return None if value is None else plain_text(value)


class PlainJson(TypeDecorator[Any]):
    """JSON, whoever wrote it."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return what is stored."""
        return plain_json(value)


_Large = BigInteger().with_variant(Integer, "sqlite")
"""Unsigned numbers of 32 bits, such as block numbers and times: PostgreSQL's integer is signed."""

_open = text("ended IS NULL")
OPEN_ACCUSATION = text("ended IS NULL AND cause = 'alert'")
"""As the index has it: SQLite uses that only where a query says the same."""

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", String(32), nullable=False, default="alert", server_default="alert"),
    Column("order", PlainJson),
    Column("action", String(32), nullable=False),
    Column("witness", String(63), nullable=False),
    Column("signing_key", String(80), nullable=False),
    Column("accused", String(80), nullable=False),
    Column("subject", String(80), nullable=False, default="", server_default=""),
    Column("opened", Float, nullable=False),
    Column("renewed", Float, nullable=False),
    Column("resolved", Boolean, nullable=False, default=False),
    Column("decision", String(32)),
    Column("sentence", PlainText, nullable=False, default=""),
    Column("planned", Float),
    Column("alerts", PlainJson, nullable=False),
    Column("ended", Float),
    Column("ending", String(32)),
    Index("incidents_by_accusation", "witness", "signing_key", "subject", "ended"),
    Index(
        "one_open_accusation",
        "witness",
        "signing_key",
        "subject",
        unique=True,
        sqlite_where=OPEN_ACCUSATION,
        postgresql_where=OPEN_ACCUSATION,
    ),
)
"""What an alert or an order is about: a witness and its key, or else `subject`, a node or a peer;
then witness, key and what is accused are empty."""

rotations = Table(
    "rotations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("witness", String(63), nullable=False),
    Column("from_key", String(80), nullable=False),
    Column("to_key", String(80), nullable=False),
    Column("producer", String(80), nullable=False),
    Column("decided", Float, nullable=False),
    Column("by_hand", Boolean, nullable=False, default=False, server_default=false()),
    Column("opened", Float, nullable=False),
    Column("reference", _Large, nullable=False),
    Column("expiration", _Large, nullable=False),
    Column("transaction_id", String(40)),
    Column("transaction", PlainJson),
    Column("accepted", Boolean, nullable=False, default=False),
    Column("sent", Float),
    Column("block", _Large),
    Column("block_id", String(40)),
    Column("in_block", Float),
    Column("irreversible", Float),
    Column("on_air", Float),
    Column("ended", Float),
    Column("outcome", String(32)),
    Column("sentence", PlainText, nullable=False, default=""),
    Index("rotations_by_witness", "witness", "opened"),
    Index("one_open_rotation", "witness", unique=True, sqlite_where=_open, postgresql_where=_open),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("value", String(32), nullable=False),
    Column("witness", String(63), nullable=False),
    Column("incident", ForeignKey("incidents.id")),
    Column("rotation", ForeignKey("rotations.id")),
    Column("sentence", PlainText, nullable=False),
    Column("details", PlainJson, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("entries_by_incident", "incident"),
)

journal = Table(
    "journal",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("last", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("anchor", Integer, nullable=False),
    Column("anchor_hash", String(64), nullable=False),
)
"""One row: the newest entry with its hash, and what the oldest one links to, id and hash."""

arming = Table(
    "arming",
    metadata,
    Column("witness", String(63), primary_key=True),
    Column("armed", Boolean, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", PlainText, nullable=False),
    Column("since", Float, nullable=False),
)

drills = Table(
    "drills",
    metadata,
    Column("witness", String(63), primary_key=True),
    Column("producer", String(80), primary_key=True),
    Column("result", String(32), primary_key=True),
    Column("time", Float, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("time", Float, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("witness", String(63), primary_key=True),
    Column("token", Integer, nullable=False),
    Column("holder", String(255), nullable=False),
    Column("since", Float, nullable=False),
)
