"""Whether the PostgreSQL that the journal is in, or is to be in, lets the switcher in."""

from __future__ import annotations

from collections.abc import Iterator

from switcher.errors import JournalError, SwitcherError
from switcher.journal.database import has_journal
from switcher.secret_file import read_secret
from understudy.config import Configuration
from understudy.doctor.finding import Finding, failure


def try_database(read: Configuration) -> Iterator[Finding]:
    """Connect as the switcher does, and write nothing.

    A file of SQLite is left alone: it belongs to the switcher that runs.
    """
    settings = read.switcher
    if not settings or settings.database.startswith("sqlite"):
        return
    what = f"database {settings.database}"
    try:
        if settings.database_password_file:
            read_secret(settings.database_password_file)
    except SwitcherError:
        return  # which `secrets_of` tells
    try:
        there = has_journal(settings.database, settings.database_password_file)
    except JournalError as error:
        yield failure(what, str(error))
    else:
        rest = "and has its journal" if there else "which makes its tables there when it starts"
        yield Finding(what, text=f"lets the switcher in, {rest}")
