"""The journal's database: opened durably, its tables made, its errors turned into sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from switcher.errors import JournalError, SecretFileError, UnreachableError
from switcher.journal import postgresql, schema, sqlite

_WRITES = "understudy_writes"
_PATIENTLY = "understudy_writes_patiently"
_MEMORY = (None, "", ":memory:")
_DRIVERS = ("sqlite", "postgresql")
_TO_REACH = (
    "see whether PostgreSQL runs, can be reached from here, and lets in the user that "
    "switcher.database names"
)


class Database:
    """An open database for one thread: transactions that read, and those that write.

    Of those that write there is one at a time, whoever else has the database open: it holds a lock
    from its beginning to its end. Those that read see one state of it and wait for nobody.
    """

    def __init__(self, engine: Engine, wire: postgresql.Wire | None, lock: sqlite.FileLock | None):
        self._reading = (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if wire
            else engine
        )
        self._writing = engine.execution_options(**{_WRITES: True})
        self._wire = wire
        self._lock = lock

    @property
    def is_postgresql(self) -> bool:
        """Tell whether it is one that other switchers may share."""
        return self._wire is not None

    @contextmanager
    def reading(self, *, patiently: bool = False) -> Iterator[Connection]:
        """Begin a transaction that only reads; it must be short, unless it may take its time.

        Raises:
            JournalError: the database can't be used.
        """
        limit = nullcontext() if patiently else self._limited()
        with journal_errors(), limit, self._reading.begin() as connection:
            if patiently and self.is_postgresql:
                postgresql.be_patient(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that writes; it is on the disk once the context is left.

        Raises:
            JournalError: the database can't be used. Nothing is written, unless the connection was
                lost with the answer to the commit: then all of it is.
        """
        with journal_errors(), self._limited(), self._writing.begin() as connection:
            yield connection

    def _limited(self) -> AbstractContextManager[None]:
        return self._wire.limited(postgresql.LONGEST) if self._wire else nullcontext()

    def bring_up_to_date(self) -> None:
        """Make the tables, or change those that an earlier version made.

        Raises:
            JournalError: it can't be done; the tables are as they were before.
        """
        with self.reading() as connection:
            if self.is_postgresql:
                postgresql.check_encoding(connection)
            if schema.is_current(connection):
                return
        patiently = self._writing.execution_options(**{_PATIENTLY: True})
        with journal_errors(), patiently.begin() as connection:
            if not schema.is_current(connection):
                schema.bring_up_to_date(connection)

    def close(self) -> None:
        """Close the connection and let another switcher have the file."""
        self._writing.dispose()
        if self._lock:
            self._lock.release()


def open_database(address: str, password_file: Path | None = None) -> Database:
    """Open a database by its SQLAlchemy URL, and make its tables or bring them up to date.

    `password_file` holds the password for PostgreSQL and is for its owner alone; without one the
    driver looks where PostgreSQL's own programs do (PGPASSFILE, ~/.pgpass).

    Raises:
        JournalError: it can't be opened, another switcher has the file open, or an unknown version
            or another program made the tables.
    """
    database = _open(address, password_file)
    try:
        database.bring_up_to_date()
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def read_database(address: str, password_file: Path | None = None) -> Iterator[Connection]:
    """Open a database, only to read all of it in one transaction, whoever else uses it.

    Raises:
        JournalError: it is not there, can't be opened, or its tables are not of this version.
    """
    with _opening():
        url = make_url(address)
        database = (
            _reader(url) if url.get_backend_name() == "sqlite" else _open(address, password_file)
        )
    try:
        with database.reading(patiently=True) as connection:
            if not schema.is_current(connection):
                raise JournalError(
                    "The journal's tables are not those of this version of Understudy; its "
                    "switcher brings them up to date when it starts."
                )
            yield connection
    finally:
        database.close()


def has_journal(address: str, password_file: Path | None = None) -> bool:
    """Connect to a database, write nothing, and tell whether this version's tables are in it.

    Raises:
        JournalError: it lets nobody in, or can't hold a journal.
    """
    database = _open(address, password_file)
    try:
        with database.reading() as connection:
            if database.is_postgresql:
                postgresql.check_encoding(connection)
            return schema.is_current(connection)
    finally:
        database.close()


def open_wire(address: str, password_file: Path | None = None) -> tuple[Engine, postgresql.Wire]:
    """Return an engine with one more connection to PostgreSQL, and the socket of that.

    Its transactions take no lock.
    """
    wire = postgresql.Wire()
    return postgresql.open_engine(make_url(address), password_file, lambda _: None, wire), wire


@contextmanager
def journal_errors() -> Iterator[None]:
    """Turn the library's errors into `JournalError`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _told(error) from error
    except SecretFileError as error:
        raise JournalError(f"The journal can't be used: {error}") from error


def _told(error: SQLAlchemyError) -> JournalError:
    origin = getattr(error, "orig", None) or error
    lines = str(origin).splitlines()
    # libpq's hints are indented.
    reason = " ".join(" ".join(line for line in lines if not line.startswith("\t")).split())
    kind = UnreachableError if _is_unreachable(error) else JournalError
    if kind is UnreachableError and not isinstance(origin, sqlite3.Error):
        reason += f"; {_TO_REACH}"
    return kind(f"The journal can't be used: {reason}")


def _is_unreachable(error: SQLAlchemyError) -> bool:
    """Tell whether there is no connection, rather than one that refused something."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or not error.statement)


@contextmanager
def _opening() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, ImportError) as error:
        raise JournalError(f"The journal's database can't be opened: {error}") from error


def _open(address: str, password_file: Path | None) -> Database:
    with _opening():
        url = make_url(address)
        match url.get_backend_name():
            case "sqlite":
                return _open_sqlite(url)
            case "postgresql":
                wire = postgresql.Wire()
                engine = postgresql.open_engine(url, password_file, _haste, wire)
                return Database(engine, wire, None)
    raise JournalError(f"The journal's database can't be opened: it is none of {_DRIVERS}.")


def _reader(url: URL) -> Database:
    path = Path(url.database or "")
    if not path.is_file():
        raise JournalError(
            f"There is no journal {path}; name the right file, or start the switcher, which makes "
            "one."
        )
    return Database(sqlite.open_reader(path), None, None)


def _open_sqlite(url: URL) -> Database:
    engine = sqlite.open_engine(url, lambda connection: _haste(connection) is not None)
    if url.database in _MEMORY:
        return Database(engine, None, None)
    path = Path(str(url.database))
    sqlite.make_for_owner(path)
    return Database(engine, None, sqlite.FileLock(path))


def _haste(connection: Connection) -> postgresql.Haste | None:
    """Return how a transaction writes; None if it only reads."""
    options = connection.get_execution_options()
    if not options.get(_WRITES):
        return None
    return postgresql.Haste.NONE if options.get(_PATIENTLY) else postgresql.Haste.USUAL
