"""The journal's database: opened durably, its tables made or brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url

from storing import database, postgresql
from storing.database import Database
from storing.tenant import Tenant
from switcher.errors import JournalError, SecretFileError, UnreachableError
from switcher.journal import schema
from switcher.secret_file import read_secret

JOURNAL = Tenant(
    what="The journal",
    setting="switcher.database",
    in_use="Another switcher uses the journal {place}: stop it first, or give each a database of "
    "its own; to share one journal, let switcher.database name a PostgreSQL.",
    error=JournalError,
    unreachable=UnreachableError,
    lock=1970496882,  # "unde"
)


def open_database(address: str, password_file: Path | None = None) -> Database:
    """Open a database by its SQLAlchemy URL, and make its tables or bring them up to date.

    `password_file` holds the password for PostgreSQL and is for its owner alone; without one the
    driver looks where PostgreSQL's own programs do (PGPASSFILE, ~/.pgpass).

    Raises:
        JournalError: it can't be opened, another switcher has the file open, or an unknown version
            or another program made the tables.
    """
    opened = _open(address, password_file)
    try:
        _bring_up_to_date(opened)
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def read_database(address: str, password_file: Path | None = None) -> Iterator[Connection]:
    """Open a database, only to read all of it in one transaction, whoever else uses it.

    Raises:
        JournalError: it is not there, can't be opened, or its tables are not of this version.
    """
    _check_is_there(address)
    reader = database.open_reader(JOURNAL, address, _password(password_file))
    try:
        with reader.reading(patiently=True) as connection:
            schema.check_is_current(connection)
            yield connection
    finally:
        reader.close()


def schema_in(address: str, password_file: Path | None = None) -> str | None:
    """Connect to a database, write nothing, and tell the version of its journal, if it has one.

    Raises:
        JournalError: it lets nobody in, can't hold a journal, or holds one that is refused.
    """
    opened = _open(address, password_file)
    try:
        with opened.reading() as connection:
            if opened.is_postgresql:
                postgresql.check_encoding(JOURNAL, connection)
            return schema.version_of(connection)
    finally:
        opened.close()


def open_wire(address: str, password_file: Path | None = None) -> tuple[Engine, postgresql.Wire]:
    """Return an engine with one more connection to PostgreSQL, and the socket of that.

    Its transactions take no lock.
    """
    return database.open_wire(JOURNAL, address, _password(password_file))


def _open(address: str, password_file: Path | None) -> Database:
    return database.open_database(JOURNAL, address, _password(password_file))


def _bring_up_to_date(opened: Database) -> None:
    """Make the tables, or change those that an earlier version made.

    Raises:
        JournalError: it can't be done; the tables are as they were before.
    """
    with opened.reading() as connection:
        if opened.is_postgresql:
            postgresql.check_encoding(JOURNAL, connection)
        if schema.is_current(connection):
            return
    with opened.writing(patiently=True) as connection:
        if not schema.is_current(connection):
            schema.bring_up_to_date(connection)


def _check_is_there(address: str) -> None:
    with JOURNAL.opening():
        url = make_url(address)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise JournalError(
            f"There is no journal {url.database}; name the right file, or start the switcher, "
            "which makes one."
        )


def _password(path: Path | None) -> Callable[[], str] | None:
    return None if path is None else partial(_read_password, path)


def _read_password(path: Path) -> str:
    try:
        return read_secret(path)
    except SecretFileError as error:
        raise JournalError(f"The journal can't be used: {error}") from error
