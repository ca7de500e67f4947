"""Which of several switchers acts for a witness."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keep who took each witness' lease last, and with which token."""
    op.create_table(
        "leases",
        sa.Column("witness", sa.String(63), primary_key=True),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
