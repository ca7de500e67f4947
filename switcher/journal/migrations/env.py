"""What Alembic runs: the migrations, within the transaction of whoever asked for them."""

from __future__ import annotations

from alembic import context

from switcher.journal.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
