"""PostgreSQL, which several processes may share.

Writes are serialised by one advisory lock, which their transactions hold from their beginning and
lose with their connection. They run in READ COMMITTED: a snapshot for the whole transaction would
be taken with its first statement, the one that waits for the lock, and so not show what was written
while it waited. Reads see one snapshot and wait for nobody.

A server that vanished, or stopped answering, is noticed within some seconds.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from storing.edited import read_json
from storing.tenant import Tenant

LONGEST = 5.0
"""Seconds that a transaction may take; a server that keeps one longer doesn't answer any more."""

_WIRE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "application_name": "understudy",
}
"""libpq's parameters: seconds, `tcp_user_timeout` milliseconds."""

_LIMITS = {
    "lock_timeout": "3s",
    "statement_timeout": "4s",
    "idle_in_transaction_session_timeout": "3s",
}
_SESSION = {
    **_LIMITS,
    "tcp_keepalives_idle": "2s",
    "tcp_keepalives_interval": "1s",
    "tcp_keepalives_count": "3",
}
"""The server's: it, too, must notice that a client vanished, which may have held the lock."""

_DURABLE = (
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
    "WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"
)
"""What was acknowledged is on the disk, whatever the server's own default says."""

_LOCK = "SELECT pg_advisory_xact_lock({}, hashtext(current_schema()))"
_OWN = "SELECT pg_try_advisory_lock({}, hashtext(current_schema()))"
"""One for each schema of the database, which may hold several of the same kind."""


class Haste(Enum):
    """How long a transaction that writes may wait and take: not at all limited, or as usual."""

    NONE = "none"
    USUAL = "usual"


def open_engine(
    url: URL,
    password: Callable[[], str] | None,
    lock: int,
    haste: Callable[[Connection], Haste | None],
    wire: Wire,
    owner: Tenant | None = None,
) -> Engine:
    """Return an engine whose one connection is made anew whenever it was lost.

    With an `owner` it connects only while no other process does so for the same.
    """
    engine = create_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=LONGEST,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        json_deserializer=read_json,
        connect_args=_WIRE,
    )
    if password is not None:
        event.listen(engine, "do_connect", _with_password(password))
    # Before the library itself asks a new connection for what it needs to know.
    event.listen(engine, "connect", wire.attach, insert=True)
    event.listen(engine, "close", wire.detach)
    event.listen(engine, "connect", _set_up)
    if owner is not None:
        event.listen(engine, "connect", _owned_by(owner, url, wire))

    def begin(connection: Connection) -> None:
        match haste(connection):
            case Haste.NONE:
                be_patient(connection)
                connection.exec_driver_sql(_LOCK.format(lock))
            case Haste.USUAL:
                connection.exec_driver_sql(_LOCK.format(lock))

    event.listen(engine, "begin", begin)
    return engine


def _with_password(password: Callable[[], str]) -> Callable[..., None]:
    """Have every new connection read the password, which may have been replaced meanwhile."""

    def connect(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = password()

    return connect


def _owned_by(owner: Tenant, url: URL, wire: Wire) -> Callable[..., None]:
    """Have every new connection take the lock that only one process can hold, until it ends."""

    def own(connection: Any, record: Any) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            (gained,) = cursor.execute(_OWN.format(owner.lock)).fetchone()
        connection.autocommit = False
        if not gained:
            wire.detach(connection, record)
            connection.close()
            raise owner.taken(url.database)

    return own


class Wire:
    """The connection's socket, which is cut when a server keeps a transaction for too long.

    The driver waits for ever for one that is frozen, since its system goes on acknowledging.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}
        self._late = False

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Cut the connection if what is done meanwhile takes longer, and any that is made later."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # what it cuts must not be the next one's
            self._late = False

    def attach(self, connection: Any, _record: Any) -> None:
        """Remember a new connection's socket, under a number that can't be another's later."""
        with self._lock:
            wire = socket.socket(fileno=os.dup(connection.fileno()))
            self._sockets[id(connection)] = wire
            if self._late:
                _end(wire)

    def detach(self, connection: Any, _record: Any) -> None:
        """Forget a connection that is closed."""
        with self._lock, closing(self._sockets.pop(id(connection))):
            return

    def _cut(self) -> None:
        with self._lock:
            self._late = True
            for wire in self._sockets.values():
                _end(wire)


def _end(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def _set_up(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name, value in _SESSION.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        cursor.execute(_DURABLE)
    connection.autocommit = False


def check_encoding(tenant: Tenant, db: Connection) -> None:
    """Refuse a database that can't hold every text.

    Raises:
        The tenant's error: with what makes one that can.
    """
    encoding = db.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise tenant.error(
            f"{tenant.what}'s database has encoding {encoding}, which can't hold every text; make "
            "one with: createdb --encoding=UTF8 --template=template0 NAME"
        )


def be_patient(db: Connection) -> None:
    """Let the transaction in hand wait and take as long as it needs."""
    for name in _LIMITS:
        db.exec_driver_sql(f"SET LOCAL {name} = 0")
