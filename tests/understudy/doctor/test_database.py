"""What `understudy check` tells of the PostgreSQL that the journal is to be in."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from switcher.journal.database import open_database
from switcher.journal.tables import REVISION
from tests.understudy.doctor.made import failures
from tests.upgrade.kept import load_postgresql
from understudy.config import load
from understudy.doctor.database import judge_folders, try_databases
from understudy.doctor.finding import Finding, Level


def tried(config: Path, url: str) -> list[Finding]:
    text = config.read_text()
    config.write_text(text.replace("sqlite:///understudy.db", url))
    return list(try_databases(load(config)))


def test_database_that_lets_the_switcher_in_is_fine(config: Path, postgresql_url: str) -> None:
    (found,) = tried(config, postgresql_url)
    assert (found.level, found.text) == (
        Level.OK,
        "lets the switcher in, which makes its tables there when it starts",
    )
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as db:
        assert db.execute("select from pg_tables where schemaname = 'public'").fetchall() == []
    open_database(postgresql_url).close()
    (found,) = try_databases(load(config))
    assert (found.level, found.text) == (Level.OK, "lets the switcher in, and has its journal")


def test_journal_of_an_earlier_version_is_said_to_be_brought_up_to_date(
    config: Path, postgresql_url: str
) -> None:
    load_postgresql("0004-46ab308.postgresql.sql", postgresql_url)
    (found,) = tried(config, postgresql_url)
    assert found.level is Level.OK
    assert found.text == (
        "lets the switcher in, and has its journal, of schema 0004, which it brings up to "
        f"{REVISION} when it starts: have a copy of it for going back"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("update understudy_version set version_num = '0700'", "with schema 0700"),
        ("drop table understudy_version", "not ours: arming"),
    ],
)
def test_journal_that_the_switcher_will_refuse_is_a_failure(
    config: Path, postgresql_url: str, change: str, sentence: str
) -> None:
    open_database(postgresql_url).close()
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as db:
        db.execute(change)
    (told,) = failures(tried(config, postgresql_url))
    assert sentence in told


def test_database_that_is_down_is_a_failure(config: Path) -> None:
    (told,) = failures(tried(config, "postgresql+psycopg://understudy@127.0.0.1:9/journal"))
    assert told.startswith("database postgresql+psycopg://understudy@127.0.0.1:9/journal: ")
    assert "Connection refused; see whether PostgreSQL runs" in told


def test_database_that_does_not_let_the_user_in_is_a_failure(
    config: Path, postgresql_url: str
) -> None:
    (told,) = failures(tried(config, postgresql_url.replace("understudy@", "stranger@")))
    assert 'role "stranger" does not exist; see whether PostgreSQL runs' in told


def test_password_file_that_can_not_be_used_is_told_once(config: Path, postgresql_url: str) -> None:
    text = config.read_text()
    config.write_text(text.replace("switcher:\n", "switcher:\n  database_password_file: absent\n"))
    assert tried(config, postgresql_url) == []


def test_file_of_a_running_switcher_is_left_alone(config: Path) -> None:
    assert list(try_databases(load(config))) == []


def with_peers(config: Path, database: str) -> Path:
    nodes = "[{name: p1, url: 'http://10.0.0.5:5000'}]"
    text = f"{config.read_text()}\npeers: {{database: '{database}', nodes: {nodes}}}\n"
    config.write_text(text)
    return config


def test_database_of_the_replica_is_tried_as_well(config: Path, postgresql_url: str) -> None:
    (found,) = try_databases(load(with_peers(config, postgresql_url)))
    assert (found.level, found.text) == (
        Level.OK,
        "lets the switcher in, which makes its tables there when it starts",
    )
    assert found.what == f"peers.database {postgresql_url}"


def test_database_of_the_replica_that_is_down_is_a_failure(config: Path) -> None:
    url = "postgresql+psycopg://understudy@127.0.0.1:9/peers"
    (told,) = failures(try_databases(load(with_peers(config, url))))
    assert told.startswith(f"peers.database {url}: ")
    assert "Connection refused" in told


def test_files_need_a_folder_that_is_there(config: Path) -> None:
    journal, replica = judge_folders(load(with_peers(config, "sqlite:///nowhere/peers.db")))
    assert (journal.level, journal.what) == (
        Level.OK,
        f"database {config.parent / 'understudy.db'}",
    )
    folder = config.parent / "nowhere"
    assert replica.level is Level.FAILURE
    assert replica.text == f"there is no folder {folder}; make it: mkdir -p {folder}"


def test_folder_that_this_user_cannot_write_to_is_a_warning(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    (found,) = judge_folders(load(config))
    assert found.level is Level.WARNING
    assert "right only if the switcher runs as another one" in found.text
