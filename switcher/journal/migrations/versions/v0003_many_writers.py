"""What several switchers on one database need: the database itself refuses what must not be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Allow one open rotation and one open accusation only; give the entries' ids ourselves."""
    accusations = sa.text("ended IS NULL AND cause = 'alert'")
    op.create_index(
        "one_open_accusation",
        "incidents",
        ["witness", "signing_key"],
        unique=True,
        sqlite_where=accusations,
        postgresql_where=accusations,
    )
    still_open = sa.text("ended IS NULL")
    op.create_index(
        "one_open_rotation",
        "rotations",
        ["witness"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    if op.get_context().dialect.name == "postgresql":
        for column in ("reference", "expiration", "block"):
            op.alter_column("rotations", column, type_=sa.BigInteger)
        op.execute("ALTER TABLE entries ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS entries_id_seq")
