"""Whether journal and replica can be kept where they are, or are to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from peernode.errors import StoreError
from peernode.store import look_into
from switcher.errors import JournalError, SwitcherError
from switcher.journal.database import schema_in
from switcher.journal.tables import REVISION
from switcher.secret_file import read_secret
from switcher.settings import SwitcherSettings
from understudy.config import Configuration
from understudy.config.values import sqlite_file
from understudy.doctor.finding import Finding, failure, warning


def judge_folders(read: Configuration) -> Iterator[Finding]:
    """Yield whether files of SQLite can be where they are to be.

    The files themselves are left alone: they belong to the switcher that runs.
    """
    urls = {"database": read.switcher.database if read.switcher else ""}
    urls["peers.database"] = read.replica.database if read.replica else ""
    for name, url in urls.items():
        if file := sqlite_file(url):
            yield _folder(f"{name} {file}", file.parent)


def try_databases(read: Configuration) -> Iterator[Finding]:
    """Connect to PostgreSQL as the switcher does, and write nothing."""
    if read.switcher and not sqlite_file(read.switcher.database):
        yield from _journal(read.switcher)
    if read.replica and not sqlite_file(read.replica.database):
        yield _replica(read.replica.database)


def _folder(what: str, folder: Path) -> Finding:
    if not folder.is_dir():
        return failure(what, f"there is no folder {folder}; make it: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"this user can't write to {folder}; right only if the switcher runs as another one"
        return warning(what, text)
    return Finding(what, text="its folder is there")


def _journal(settings: SwitcherSettings) -> Iterator[Finding]:
    what = f"database {settings.database}"
    try:
        if settings.database_password_file:
            read_secret(settings.database_password_file)
    except SwitcherError:
        return  # which `secrets_of` tells
    try:
        version = schema_in(settings.database, settings.database_password_file)
    except JournalError as error:
        yield failure(what, str(error))
    else:
        text = _lets_in("journal", there=version is not None)
        if version not in (None, REVISION):
            text += (
                f", of schema {version}, which it brings up to {REVISION} when it starts: have a "
                "copy of it for going back"
            )
        yield Finding(what, text=text)


def _replica(url: str) -> Finding:
    what = f"peers.database {url}"
    try:
        there = look_into(url)
    except StoreError as error:
        return failure(what, str(error))
    return Finding(what, text=_lets_in("chain", there=there))


def _lets_in(kept: str, *, there: bool) -> str:
    rest = f"and has its {kept}" if there else "which makes its tables there when it starts"
    return f"lets the switcher in, {rest}"
