"""Incidents about the chain of a node or a peer, besides those about a witness' signing key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Name whom an incident is about where that is no witness; all that was there is about one."""
    subject = sa.Column("subject", sa.String(80), nullable=False, server_default="")
    op.add_column("incidents", subject)
    for index in ("incidents_by_accusation", "one_open_accusation"):
        op.drop_index(index, "incidents")
    about = ["witness", "signing_key", "subject"]
    op.create_index("incidents_by_accusation", "incidents", [*about, "ended"])
    accusations = sa.text("ended IS NULL AND cause = 'alert'")
    op.create_index(
        "one_open_accusation",
        "incidents",
        about,
        unique=True,
        sqlite_where=accusations,
        postgresql_where=accusations,
    )
