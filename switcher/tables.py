"""The journal's tables. Times are seconds since the epoch; JSON columns hold plain objects."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = 2
"""Grows with every change of these tables; a database of another version is refused."""

metadata = MetaData()

schema = Table("understudy_schema", metadata, Column("version", Integer, primary_key=True))

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", String(32), nullable=False, default="alert"),
    Column("order", JSON),
    Column("action", String(32), nullable=False),
    Column("witness", String(63), nullable=False),
    Column("signing_key", String(80), nullable=False),
    Column("accused", String(80), nullable=False),
    Column("opened", Float, nullable=False),
    Column("renewed", Float, nullable=False),
    Column("resolved", Boolean, nullable=False, default=False),
    Column("decision", String(32)),
    Column("sentence", Text, nullable=False, default=""),
    Column("planned", Float),
    Column("alerts", JSON, nullable=False),
    Column("ended", Float),
    Column("ending", String(32)),
    Index("incidents_by_accusation", "witness", "signing_key", "ended"),
)

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
    Column("by_hand", Boolean, nullable=False, default=False),
    Column("opened", Float, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("expiration", Integer, nullable=False),
    Column("transaction_id", String(40)),
    Column("transaction", JSON),
    Column("accepted", Boolean, nullable=False, default=False),
    Column("sent", Float),
    Column("block", Integer),
    Column("block_id", String(40)),
    Column("in_block", Float),
    Column("irreversible", Float),
    Column("on_air", Float),
    Column("ended", Float),
    Column("outcome", String(32)),
    Column("sentence", Text, nullable=False, default=""),
    Index("rotations_by_witness", "witness", "opened"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("value", String(32), nullable=False),
    Column("witness", String(63), nullable=False),
    Column("incident", ForeignKey("incidents.id")),
    Column("rotation", ForeignKey("rotations.id")),
    Column("sentence", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index("entries_by_incident", "incident"),
)

arming = Table(
    "arming",
    metadata,
    Column("witness", String(63), primary_key=True),
    Column("armed", Boolean, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
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
