"""Which version of the tables a database has, and bringing it up to date.

Versions are Alembic's, in a table of their own. Understudy's first releases kept a plain number in
another table; such a journal is taken over as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    column,
    insert,
    inspect,
    select,
    table,
    text,
)

from switcher.errors import JournalError
from switcher.journal import migrations
from switcher.journal.hashes import genesis
from switcher.journal.tables import REVISION, journal, metadata

VERSION_TABLE = "understudy_version"
_FIRST_TABLE = "understudy_schema"
_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""As Alembic makes it."""

_FIRST_VERSION = table(_FIRST_TABLE, column("version"))
_KNOWN = frozenset(f"{number:04d}" for number in range(1, int(REVISION) + 1))

_FOREIGN = {
    "sqlite": "SELECT type, name, tbl_name FROM sqlite_master "
    "WHERE type IN ('trigger', 'view') AND tbl_name IN :ours",
    "postgresql": """
        SELECT 'trigger', tgname, relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
            AND relname IN :ours
        UNION ALL SELECT 'rule', rulename, tablename FROM pg_rules
        WHERE schemaname = current_schema() AND tablename IN :ours
        UNION ALL SELECT 'view', viewname, viewname FROM pg_views
        WHERE schemaname = current_schema() AND viewname IN :ours
    """,
}
"""Whatever changes what our statements do, by the kind of database."""


def foreign(db: Connection) -> Iterator[str]:
    """Yield a sentence (without its full stop) for each thing that acts on our tables unasked."""
    query = text(_FOREIGN[db.dialect.name]).bindparams(bindparam("ours", expanding=True))
    for kind, name, on in db.execute(query, {"ours": sorted(metadata.tables)}):
        yield f"the {kind} {name} on the table {on} is not of this program"


def is_current(db: Connection) -> bool:
    """Tell whether the tables are those of this version."""
    return inspect(db).has_table(VERSION_TABLE) and db.scalar(select(_VERSION)) == REVISION


def check_is_current(db: Connection) -> None:
    """Look whether the tables are those of this version.

    Raises:
        JournalError: another version or another program made them, or there are none.
    """
    if is_current(db):
        return
    version = version_of(db)
    if version is None:
        raise JournalError("There is no journal in the database yet; the switcher makes it.")
    raise JournalError(
        f"The journal has schema {version} of an earlier version; start: understudy switcher, "
        f"which brings it up to {REVISION}. Until then only the earlier version reads it."
    )


def bring_up_to_date(db: Connection) -> None:
    """Make the tables, or change those of an earlier version, within the caller's transaction.

    Raises:
        JournalError: a later version or another program made them.
    """
    version = version_of(db)
    if version is None:
        _make(db)
    else:
        migrate(db, version)


def migrate(db: Connection, version: str | None, to: str = REVISION) -> None:
    """Change the tables from a version, None for a database without any, to a later one."""
    # Alembic takes time to load that a journal which is up to date, or new, need not cost.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    folder = str(Path(migrations.__file__).parent).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = db
    if _replaces_first_table(db) and version is not None:
        command.stamp(config, version)
    command.upgrade(config, to)


def _make(db: Connection) -> None:
    """Make all tables as they are now, as if every migration had been there."""
    # What stands there under one of their names, such as a view, is not for us to write into.
    metadata.create_all(db, checkfirst=False)
    name = secrets.token_hex(16)
    first = genesis(name)
    ends = {"last": first.id, "hash": first.hash, "anchor": first.id, "anchor_hash": first.hash}
    db.execute(insert(journal).values(name=name, **ends))
    _VERSION.create(db, checkfirst=True)
    db.execute(insert(_VERSION).values(version_num=REVISION))


def version_of(db: Connection) -> str | None:
    """Return the version of the tables; None for a database without any of ours.

    Raises:
        JournalError: a later version or another program made them.
    """
    version = _noted(db)
    if version is not None and version not in _KNOWN:
        raise JournalError(
            f"The journal was written with schema {version}, this version of Understudy knows "
            f"those up to {REVISION} only. Use the version that wrote it, or move the "
            "database away to begin a new journal, which starts as policy.arm says."
        )
    return version


def _noted(db: Connection) -> str | None:
    found = set(inspect(db).get_table_names())
    if VERSION_TABLE in found:
        version = db.scalar(select(_VERSION))
        return None if version is None else str(version)
    if _FIRST_TABLE in found:
        return f"{db.scalar(select(_FIRST_VERSION)):04d}"
    if ours := found & set(metadata.tables):
        names = ", ".join(sorted(ours))
        raise JournalError(f"The database has tables of that name that are not ours: {names}.")
    return None


def _replaces_first_table(db: Connection) -> bool:
    """Remove the table of the first releases' version; tell whether it was there."""
    if not inspect(db).has_table(_FIRST_TABLE):
        return False
    db.execute(text(f"DROP TABLE {_FIRST_TABLE}"))
    return True
