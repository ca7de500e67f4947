"""The journal's database: opened durably, its schema checked, errors turned into sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from switcher import tables
from switcher.errors import JournalError

_BUSY_SECONDS = 3.0
"""How long a write waits for another program's; Alertmanager posts again what was not written."""


def open_database(url: str) -> Engine:
    """Open a database and make its tables if it is empty.

    SQLite runs in WAL mode with every commit on the disk before it returns.

    Raises:
        JournalError: it can't be opened, or an unknown version wrote it.
    """
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise JournalError(f"The journal's database can't be opened: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    with journal_errors():
        _check_schema(engine)
    return engine


@contextmanager
def journal_errors() -> Iterator[None]:
    """Turn the library's errors into `JournalError`."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        raise JournalError(f"The journal can't be used: {reason}") from error


def _make_durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _check_schema(engine: Engine) -> None:
    with engine.begin() as connection:
        found = set(inspect(connection).get_table_names())
        if tables.schema.name in found:
            _check_version(connection)
        elif ours := found & set(tables.metadata.tables):
            names = ", ".join(sorted(ours))
            raise JournalError(f"The database has tables of that name that are not ours: {names}.")
        else:
            tables.metadata.create_all(connection)
            connection.execute(insert(tables.schema).values(version=tables.SCHEMA_VERSION))


def _check_version(connection: Connection) -> None:
    version = connection.scalar(select(tables.schema.c.version))
    if version != tables.SCHEMA_VERSION:
        raise JournalError(
            f"The journal was written with schema {version}, this version of Understudy knows "
            f"schema {tables.SCHEMA_VERSION} only. Use the version that wrote it, or move the "
            "database away to begin a new journal, which starts as policy.arm says."
        )
