"""The database session that holds this process' leases: locks that die with it.

A lease is an advisory lock of PostgreSQL, which belongs to a session and to one at a time. The
server ends a session that is silent for longer than a beat should take, and with it the locks, so
that a frozen or vanished process can't keep them; one that was killed loses them at once.

Each time a lease is taken its token grows. Whoever writes in the name of a lease has the token
compared inside the same transaction: what a process that was frozen meanwhile goes on to write is
refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, text, update

from storing.postgresql import Wire
from switcher.errors import StandbyError
from switcher.journal.database import JOURNAL
from switcher.journal.tables import leases

IDLE_SECONDS = 5
"""Silence after which the server ends the session."""

_LONGEST = IDLE_SECONDS - 1.0
"""Seconds that a beat may take; a server that is slower is given up, and with it the leases."""


def lock_key(schema: str, witness: str) -> int:
    """Return the key of a witness' advisory lock: 64 bits, signed, as PostgreSQL wants it.

    Such a lock is one of the whole database, of which every schema may hold a journal.
    """
    digest = hashlib.sha256(f"understudy lease {schema} {witness}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease by its name, and the token with which it was taken."""

    lease: str
    token: int


def check_claim(db: Connection, claim: Claim) -> None:
    """Make sure, until the transaction ends, that a lease was not taken by another process since.

    Raises:
        StandbyError: it was.
    """
    named = leases.c.witness == claim.lease
    row = db.execute(select(leases).where(named).with_for_update(read=True)).one_or_none()
    if row is None or row.token != claim.token:
        holder = row.holder if row else "another switcher"
        raise StandbyError(f"{holder} acts for {claim.lease} now.")


def is_unheld(db: Connection, witness: str) -> bool:
    """Tell whether nobody holds a witness' own lease; until the transaction ends nobody takes it.

    A journal that is not shared has no leases.
    """
    if db.dialect.name != "postgresql":
        return True
    key = {"key": lock_key(_schema_of(db), witness)}
    return bool(db.scalar(text("select pg_try_advisory_xact_lock(:key)"), key))


def _schema_of(db: Connection) -> str:
    return str(db.scalar(text("select current_schema()")))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who took a lease last, and since when it holds it (seconds since the epoch)."""

    name: str
    since: float


def read_holders(db: Connection) -> Mapping[str, Holder]:
    """Return who took each witness' lease last."""
    return {row.witness: Holder(row.holder, row.since) for row in db.execute(select(leases))}


class LeaseSession:
    """A session of its own; every method is for one thread at a time and may block."""

    def __init__(self, engine: Engine, wire: Wire, holder: str) -> None:
        self._engine = engine
        self._wire = wire
        self._holder = holder
        self._connection: Connection | None = None
        self._schema = ""
        self._held: dict[str, int] = {}

    def beat(self, wanted: Collection[str], now: float) -> Mapping[str, int]:
        """Show that this process lives, take what is free, and return the tokens of what is held.

        `wanted` are witnesses; leases of others are given back.

        Raises:
            JournalError: the session is gone, and with it every lease; the next beat begins anew.
        """
        try:
            with JOURNAL.errors(), self._wire.limited(_LONGEST):
                return dict(self._beat(wanted, now))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the session; its leases are free at once."""
        connection, self._connection, self._held = self._connection, None, {}
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _beat(self, wanted: Collection[str], now: float) -> Mapping[str, int]:
        if self._held.keys() - set(wanted):
            self.close()
        connection = self._connection or self._open()
        with connection.begin():
            connection.execute(text("select 1"))
        for witness in wanted:
            if witness not in self._held:
                self._try(connection, witness, now)
        return self._held

    def _open(self) -> Connection:
        self._connection = connection = self._engine.connect()
        with connection.begin():
            limit = {"limit": f"{IDLE_SECONDS}s"}
            connection.execute(
                text("select set_config('idle_session_timeout', :limit, false)"), limit
            )
            self._schema = _schema_of(connection)
        return connection

    def _try(self, connection: Connection, witness: str, now: float) -> None:
        with connection.begin():
            key = {"key": lock_key(self._schema, witness)}
            if not connection.scalar(text("select pg_try_advisory_lock(:key)"), key):
                return
            self._held[witness] = self._next_token(connection, witness, now)

    def _next_token(self, db: Connection, witness: str, now: float) -> int:
        values = {"holder": self._holder, "since": now}
        renewed = (
            update(leases)
            .where(leases.c.witness == witness)
            .values(token=leases.c.token + 1, **values)
            .returning(leases.c.token)
        )
        token = db.scalar(renewed)
        if token is None:
            first = insert(leases).values(witness=witness, token=1, **values)
            token = db.scalar(first.returning(leases.c.token))
        assert token is not None
        return int(token)
