"""A database for one thread: opened durably, its errors turned into its tenant's sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url

from storing import postgresql, sqlite
from storing.tenant import Tenant

_WRITES = "understudy_writes"
_PATIENTLY = "understudy_writes_patiently"
_MEMORY = (None, "", ":memory:")
_DRIVERS = ("sqlite", "postgresql")


class Database:
    """An open database for one thread: transactions that read, and those that write.

    Of those that write there is one at a time, whoever else has the database open: it holds a lock
    from its beginning to its end. Those that read see one state of it and wait for nobody.
    """

    def __init__(
        self,
        tenant: Tenant,
        engine: Engine,
        wire: postgresql.Wire | None = None,
        lock: sqlite.FileLock | None = None,
        file: Path | None = None,
    ):
        self.tenant = tenant
        self._file = file
        self._reading = (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if wire
            else engine
        )
        self._writing = engine.execution_options(**{_WRITES: True})
        self._patiently = self._writing.execution_options(**{_PATIENTLY: True})
        self._wire = wire
        self._lock = lock

    @property
    def is_postgresql(self) -> bool:
        """Tell whether it is a server's, which several may share."""
        return self._wire is not None

    @contextmanager
    def reading(self, *, patiently: bool = False) -> Iterator[Connection]:
        """Begin a transaction that only reads; it must be short, unless it may take its time.

        Raises:
            The tenant's error: the database can't be used.
        """
        limit = nullcontext() if patiently else self.limited()
        with self.errors(), limit, self._reading.begin() as connection:
            if patiently and self.is_postgresql:
                postgresql.be_patient(connection)
            yield connection

    @contextmanager
    def writing(self, *, patiently: bool = False) -> Iterator[Connection]:
        """Begin a transaction that writes; it is on the disk once the context is left.

        Raises:
            The tenant's error: the database can't be used. Nothing is written, unless the
                connection was lost with the answer to the commit: then all of it is.
        """
        engine = self._patiently if patiently else self._writing
        limit = nullcontext() if patiently else self.limited()
        with self.errors(), limit, engine.begin() as connection:
            yield connection

    def errors(self) -> AbstractContextManager[None]:
        """Turn the library's errors into the tenant's, which name the file if it is one."""
        return self.tenant.errors(self._file)

    def limited(self) -> AbstractContextManager[None]:
        """Give up a server that takes longer than any short work should."""
        return self._wire.limited(postgresql.LONGEST) if self._wire else nullcontext()

    def close(self) -> None:
        """Close the connection and let another one have the file."""
        self._writing.dispose()
        if self._lock:
            self._lock.release()


def open_database(
    tenant: Tenant,
    address: str,
    password: Callable[[], str] | None = None,
    *,
    exclusive: bool = False,
) -> Database:
    """Open a database by its SQLAlchemy URL; a file is for one process at a time.

    `password` is asked for each connection to PostgreSQL; without it the driver looks where
    PostgreSQL's own programs do (PGPASSFILE, ~/.pgpass). With `exclusive` no other process can
    open it there so, either.

    Raises:
        The tenant's error: it can't be opened, or another one has it.
    """
    with tenant.opening():
        url = make_url(address)
        match url.get_backend_name():
            case "sqlite":
                return _open_sqlite(tenant, url)
            case "postgresql":
                wire = postgresql.Wire()
                owner = tenant if exclusive else None
                engine = postgresql.open_engine(url, password, tenant.lock, _haste, wire, owner)
                return Database(tenant, engine, wire)
    raise tenant.error(f"{tenant.what}'s database can't be opened: it is none of {_DRIVERS}.")


def open_reader(
    tenant: Tenant, address: str, password: Callable[[], str] | None = None
) -> Database:
    """Open a database only to read it, whoever else uses it.

    Raises:
        The tenant's error: it can't be opened.
    """
    with tenant.opening():
        url = make_url(address)
        if url.get_backend_name() == "sqlite":
            file = Path(url.database or "")
            return Database(tenant, sqlite.open_reader(file), file=file)
    return open_database(tenant, address, password)


def open_wire(
    tenant: Tenant, address: str, password: Callable[[], str] | None = None
) -> tuple[Engine, postgresql.Wire]:
    """Return an engine with one more connection to PostgreSQL, and the socket of that.

    Its transactions take no lock.
    """
    wire = postgresql.Wire()
    url = make_url(address)
    return postgresql.open_engine(url, password, tenant.lock, lambda _: None, wire), wire


def _open_sqlite(tenant: Tenant, url: URL) -> Database:
    engine = sqlite.open_engine(url, lambda connection: _haste(connection) is not None)
    if url.database in _MEMORY:
        return Database(tenant, engine)
    path = Path(str(url.database))
    sqlite.make_for_owner(tenant, path)
    return Database(tenant, engine, None, sqlite.FileLock(tenant, path), path)


def _haste(connection: Connection) -> postgresql.Haste | None:
    """Return how a transaction writes; None if it only reads."""
    options = connection.get_execution_options()
    if not options.get(_WRITES):
        return None
    return postgresql.Haste.NONE if options.get(_PATIENTLY) else postgresql.Haste.USUAL
