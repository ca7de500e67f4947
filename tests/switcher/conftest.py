"""What tests of the switcher may ask for."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.switcher.scripted import Script
from tests.switcher.written import write


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the SQLAlchemy URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'understudy.db'}"


@pytest.fixture(params=["sqlite_url", "postgresql_url"], ids=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the SQLAlchemy URL of an empty database of either kind."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a journal that has something in it; tests change copies of it."""
    path = tmp_path_factory.mktemp("written") / "understudy.db"
    asyncio.run(write(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    return path
