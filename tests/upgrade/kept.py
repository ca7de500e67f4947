"""What earlier commits left behind, as tests/fixtures/upgrade/README.md tells."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, make_url, text

from switcher.settings import WalletSigner

FIXTURES = Path(__file__).parent.parent / "fixtures" / "upgrade"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
JOURNALS = sorted(
    path.name.removesuffix(".sql")
    for kind in (SQLITE, POSTGRESQL)
    for path in FIXTURES.glob(f"0*.{kind}.sql")
)
"""Such as 0003-242357b.postgresql: schema, commit, kind of database."""


def commits(suffix: str) -> list[str]:
    """Return which commits left a file with a suffix behind, with their schema."""
    return sorted(path.name.removesuffix(suffix) for path in FIXTURES.glob(f"0*{suffix}"))


WALLETS = commits(".wallet.sql")[:: len(commits(".wallet.sql")) - 1]
"""The first and the last: opening one takes long on purpose."""

PASSPHRASE = "not a secret"
"""That of every wallet."""


def wallet(name: str, folder: Path, word: str = PASSPHRASE) -> WalletSigner:
    """Return a wallet that a commit left behind, to be opened with a word."""
    path, file = folder / "wallet.sqlite", folder / "word"
    load_sqlite(f"{name}.wallet.sql", path)
    path.chmod(0o600)
    file.touch(mode=0o600)
    file.write_text(f"{word}\n")
    return WalletSigner(path, file)


def load_sqlite(name: str, path: Path) -> str:
    """Make a SQLite file of a dump and return its URL."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((FIXTURES / name).read_text())
    return f"sqlite:///{path}"


def load_postgresql(name: str, url: str) -> str:
    """Fill an empty database with a dump and return its URL."""
    place = make_url(url)
    with psycopg.connect(
        host=place.host, port=place.port, user=place.username, dbname=place.database
    ) as db:
        db.execute((FIXTURES / name).read_bytes())
    return url


@dataclass(frozen=True)
class Held:
    """What a journal holds, read without the code that is tested."""

    entries: tuple[tuple[Any, ...], ...]
    rotations: tuple[dict[str, Any], ...]
    drills: int

    @property
    def open_rotation(self) -> dict[str, Any]:
        """The rotation under way, as its row has it."""
        [found] = [row for row in self.rotations if row["ended"] is None]
        return found


def held(url: str) -> Held:
    """Read a journal of any version."""
    engine = create_engine(url)
    with engine.connect() as db:
        told = "select id, time, kind, value, witness, sentence, details from entries order by id"
        entries = [(*row[:-1], _plain(row[-1])) for row in db.execute(text(told))]
        rows = db.execute(text("select * from rotations order by id")).mappings()
        rotations = [
            {**row, "transaction": row["transaction"] and _plain(row["transaction"])}
            for row in rows
        ]
        drills = 0
        if engine.dialect.has_table(db, "drills"):
            drills = db.scalar(text("select count(*) from drills")) or 0
    engine.dispose()
    return Held(tuple(entries), tuple(rotations), drills)


def _plain(told: Any) -> Any:
    """Return JSON, which only one of the drivers takes apart, with a text that compares."""
    return json.loads(told) if isinstance(told, str) else told
