"""Orders by hand, drills, and rotations that are planned for a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what orders need; all that was there before came from alerts."""
    cause = sa.Column("cause", sa.String(32), nullable=False, server_default="alert")
    op.add_column("incidents", cause)
    op.add_column("incidents", sa.Column("order", sa.JSON))
    op.add_column("incidents", sa.Column("planned", sa.Float))
    by_hand = sa.Column("by_hand", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("rotations", by_hand)
    op.create_table(
        "drills",
        sa.Column("witness", sa.String(63), primary_key=True),
        sa.Column("producer", sa.String(80), primary_key=True),
        sa.Column("result", sa.String(32), primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
    )
