"""Whose a database is: the errors that come of it, and the words in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who keeps something in a database.

    `what` it is begins sentences ("The journal"), `setting` is what names the database. `error` is
    raised with a sentence, `unreachable` (a kind of it) where there is no connection. `in_use` is
    the sentence for a second one who wants the same, with {place}. `lock` is the number of an
    advisory lock of PostgreSQL.
    """

    what: str
    setting: str
    in_use: str
    error: type[Exception]
    unreachable: type[Exception]
    lock: int

    def taken(self, place: object) -> Exception:
        """Return the error for a second one who wants the same database."""
        return self.error(self.in_use.format(place=place))

    @contextmanager
    def errors(self, file: Path | None = None) -> Iterator[None]:
        """Turn the library's errors into the tenant's; `file` is the database's, if it is one."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self._told(error, file) from error

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Turn what goes wrong before there is any connection into the tenant's error."""
        try:
            yield
        except (SQLAlchemyError, ImportError) as error:
            raise self.error(f"{self.what}'s database can't be opened: {error}") from error

    def _told(self, error: SQLAlchemyError, file: Path | None) -> Exception:
        origin = getattr(error, "orig", None) or error
        lines = str(origin).splitlines()
        # libpq's hints are indented.
        reason = " ".join(" ".join(line for line in lines if not line.startswith("\t")).split())
        kind = self.unreachable if _is_unreachable(error) else self.error
        if kind is self.unreachable and not isinstance(origin, sqlite3.Error):
            reason += (
                "; see whether PostgreSQL runs, can be reached from here, and lets in the user "
                f"that {self.setting} names"
            )
        if file is not None:
            reason += f"; see the file {file}, which {self.setting} names"
        return kind(f"{self.what} can't be used: {reason}")


def _is_unreachable(error: SQLAlchemyError) -> bool:
    """Tell whether there is no connection, rather than one that refused something."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or not error.statement)
