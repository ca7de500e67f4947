"""SQLite: one file, one process, every commit on the disk."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from storing.edited import read_json
from storing.tenant import Tenant

_BUSY_SECONDS = 3.0
"""How long a write waits for another program's."""

_OWNER_ONLY = 0o600


def open_engine(url: URL, is_write: Callable[[Connection], bool]) -> Engine:
    """Return an engine in WAL mode, with every commit on the disk before it returns.

    A transaction that writes has the one write lock from its beginning, so that it can't fail in
    its middle for having read before another one wrote. The driver's own way, to begin one with
    the first change of a row, would leave out changes of tables.
    """
    engine = create_engine(url, hide_parameters=True, json_deserializer=read_json)
    event.listen(engine, "connect", _make_durable)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write(connection) else "BEGIN")

    event.listen(engine, "begin", begin)
    return engine


def open_reader(path: Path) -> Engine:
    """Return an engine that can only read a file, which must be there."""

    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        opened.isolation_level = None
        return opened

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1,
        json_deserializer=read_json,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _make_durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def make_for_owner(tenant: Tenant, path: Path) -> None:
    """Make a file that only its owner can read, where there is none.

    The driver would let everybody read it. What goes beside it (`-wal`, `-shm`) gets its mode. One
    that is there keeps the mode that its owner gave it.

    Raises:
        The tenant's error: it can't be made there.
    """
    try:
        os.close(os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    except FileExistsError:
        return
    except OSError as error:
        raise tenant.error(f"{tenant.what} {path} can't be made: {error.strerror}.") from error


class FileLock:
    """Keeps a second process from a file; the system releases it when this one ends."""

    def __init__(self, tenant: Tenant, database: Path) -> None:
        """Take the lock.

        Raises:
            The tenant's error: another one has it, or its file can't be made.
        """
        path = database.resolve()
        path = path.with_name(f"{path.name}.lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _OWNER_ONLY)
        except OSError as error:
            raise tenant.error(
                f"{tenant.what}'s lock {path} can't be made: {error.strerror}."
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise tenant.taken(database) from error

    def release(self) -> None:
        """Let another one have the file."""
        os.close(self._descriptor)
