"""What someone who verifies the journal at the command line sees."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from switcher.journal.journal import Journal
from switcher.model import Arming
from tests.understudy.commands import CommandLine


async def _write(url: str, count: int) -> str:
    async with Journal(url) as journal:
        for number in range(count):
            await journal.arm("init0", Arming(True, "maria", f"{number}", float(number)))
        return str(await journal.head())


@pytest.fixture
def head(config: Path) -> str:
    """Write the configuration's journal, and return its newest entry."""
    return asyncio.run(_write(f"sqlite:///{config.parent / 'understudy.db'}", 3))


def edit(config: Path, change: str) -> None:
    with closing(sqlite3.connect(config.parent / "understudy.db")) as db, db:
        db.execute(change)


def test_good_journal_tells_its_newest_entry(run: CommandLine, config: Path, head: str) -> None:
    result = run("journal", "verify", "--config", str(config), "--expect", head)
    assert (result.status, result.err) == (0, "")
    assert result.out == f"ok: 3 entries; the newest is {head}\n"


def test_database_can_be_named_without_a_configuration(
    run: CommandLine, config: Path, head: str
) -> None:
    url = f"sqlite:///{config.parent / 'understudy.db'}"
    answer = run("journal", "verify", "--database", url, "--json")
    told = json.loads(answer.out)
    assert answer.status == 0
    assert (told["ok"], told["entries"], told["head"], told["flaws"]) == (True, 3, head, [])


def test_edited_entry_is_named(run: CommandLine, config: Path, head: str) -> None:
    edit(config, "update entries set sentence = '[red]never[/red]' where id = 2")
    result = run("journal", "verify", "--config", str(config))
    assert result.status == 1
    assert result.err.startswith("entry 2: it is not as it was written")
    told = json.loads(run("journal", "verify", "--config", str(config), "--json").out)
    assert told["ok"] is False
    assert told["flaws"][0]["entry"] == 2


def test_journal_that_was_exchanged_is_found_by_the_head_that_was_noted(
    run: CommandLine, config: Path, head: str
) -> None:
    (config.parent / "understudy.db").unlink()
    asyncio.run(_write(f"sqlite:///{config.parent / 'understudy.db'}", 5))
    assert run("journal", "verify", "--config", str(config)).status == 0
    result = run("journal", "verify", "--config", str(config), "--expect", head)
    assert result.status == 1
    assert result.err.startswith("entry 3: its hash is ")


@pytest.mark.parametrize("noted", ["3", "3:abc", "x:" + "0" * 64])
def test_head_that_is_none_is_wrong_use(run: CommandLine, config: Path, noted: str) -> None:
    result = run("journal", "verify", "--config", str(config), "--expect", noted)
    assert result.status == 2
    assert "ID:HASH" in result.err


def test_journal_that_is_not_there_is_not_made(run: CommandLine, config: Path) -> None:
    result = run("journal", "verify", "--config", str(config))
    assert result.status == 1
    assert result.err.startswith("understudy: There is no journal ")
    assert not (config.parent / "understudy.db").exists()


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("0001", "has schema 0001 of an earlier version; start: understudy switcher"),
        ("9999", "was written with schema 9999, this version of Understudy knows those up to"),
    ],
)
def test_journal_of_another_version_is_refused_with_what_to_do(
    run: CommandLine, config: Path, head: str, schema: str, told: str
) -> None:
    edit(config, f"update understudy_version set version_num = '{schema}'")
    result = run("journal", "verify", "--config", str(config), "--expect", head)
    assert (result.status, result.out) == (1, "")
    assert told in result.err


def test_database_without_a_journal_is_said_to_have_none(run: CommandLine, config: Path) -> None:
    (config.parent / "understudy.db").touch(mode=0o600)
    result = run("journal", "verify", "--config", str(config))
    assert result.status == 1
    assert "There is no journal in the database yet" in result.err


def test_other_databases_are_not_read(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"no database at all" * 100)
    result = run("journal", "verify", "--database", f"sqlite:///{tmp_path / 'other.db'}")
    assert result.status == 1
    assert result.err.startswith("understudy: The journal can't be used: file is not a database")
    assert f"see the file {tmp_path / 'other.db'}" in result.err


def test_single_entry_is_not_told_as_many(run: CommandLine, config: Path) -> None:
    asyncio.run(_write(f"sqlite:///{config.parent / 'understudy.db'}", 1))
    assert run("journal", "verify", "--config", str(config)).out.startswith("ok: 1 entry; the ")
