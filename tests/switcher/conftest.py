"""What tests of the switcher may ask for."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.switcher.calling import CHAIN, Caller, calling
from tests.switcher.scripted import Script
from tests.switcher.written import write


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a journal that has something in it; tests change copies of it."""
    path = tmp_path_factory.mktemp("written") / "understudy.db"
    asyncio.run(write(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    async with calling(tmp_path, CHAIN) as caller:
        yield caller


@pytest.fixture
async def keeper(tmp_path: Path, database: str) -> AsyncIterator[Caller]:
    """Return a caller of switchers on either kind of database."""
    async with calling(tmp_path, CHAIN, database=database) as caller:
        yield caller
