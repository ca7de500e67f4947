"""Incidents, rotations, entries, arming and heartbeats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _make_incidents()
    _make_rotations()
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("value", sa.String(32), nullable=False),
        sa.Column("witness", sa.String(63), nullable=False),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id")),
        sa.Column("rotation", sa.Integer, sa.ForeignKey("rotations.id")),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("entries_by_incident", "entries", ["incident"])
    op.create_table(
        "arming",
        sa.Column("witness", sa.String(63), primary_key=True),
        sa.Column("armed", sa.Boolean, nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
    )


def _make_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("witness", sa.String(63), nullable=False),
        sa.Column("signing_key", sa.String(80), nullable=False),
        sa.Column("accused", sa.String(80), nullable=False),
        sa.Column("opened", sa.Float, nullable=False),
        sa.Column("renewed", sa.Float, nullable=False),
        sa.Column("resolved", sa.Boolean, nullable=False),
        sa.Column("decision", sa.String(32)),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("alerts", sa.JSON, nullable=False),
        sa.Column("ended", sa.Float),
        sa.Column("ending", sa.String(32)),
    )
    op.create_index("incidents_by_accusation", "incidents", ["witness", "signing_key", "ended"])


def _make_rotations() -> None:
    op.create_table(
        "rotations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("witness", sa.String(63), nullable=False),
        sa.Column("from_key", sa.String(80), nullable=False),
        sa.Column("to_key", sa.String(80), nullable=False),
        sa.Column("producer", sa.String(80), nullable=False),
        sa.Column("decided", sa.Float, nullable=False),
        sa.Column("opened", sa.Float, nullable=False),
        sa.Column("reference", sa.Integer, nullable=False),
        sa.Column("expiration", sa.Integer, nullable=False),
        sa.Column("transaction_id", sa.String(40)),
        sa.Column("transaction", sa.JSON),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("sent", sa.Float),
        sa.Column("block", sa.Integer),
        sa.Column("block_id", sa.String(40)),
        sa.Column("in_block", sa.Float),
        sa.Column("irreversible", sa.Float),
        sa.Column("on_air", sa.Float),
        sa.Column("ended", sa.Float),
        sa.Column("outcome", sa.String(32)),
        sa.Column("sentence", sa.Text, nullable=False),
    )
    op.create_index("rotations_by_witness", "rotations", ["witness", "opened"])
