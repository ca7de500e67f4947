"""What becomes of a journal that an earlier version, a later one, or another program wrote."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, select, text

from switcher.errors import JournalError
from switcher.journal import migrations, schema, tables
from switcher.journal.database import open_database, read_database
from switcher.journal.journal import Journal
from switcher.journal.verify import Flaw, verify
from switcher.model import Cause
from switcher.webhook import parse_notification
from tests.switcher.stage import WITNESS, alert, doubt, webhook_bytes
from tests.switcher.written import DAY, KEYS, checked
from tests.upgrade.kept import load_sqlite

WITH_AN_ORDER = "../journal/schema-5.sql"
"""An order that waits, as the tests of schema 0005 wrote it."""


def written_by(version: int, folder: Path) -> str:
    """Make the journal of an earlier version: rotations that are on air, and one under way."""
    kept = {1: "0001-44a8e9a.sqlite.sql", 2: "0002-1a2da99.sqlite.sql"}[version]
    return load_sqlite(kept, folder / "understudy.db")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return all that a database holds, as the driver gives it."""
    engine = create_engine(url)
    with engine.connect() as db:
        names = inspect(db).get_table_names()
        held = {
            name: [tuple(row) for row in db.execute(text(f'select * from "{name}"'))]
            for name in names
        }
    engine.dispose()
    return held


def differences(db: Connection) -> list[object]:
    """Return what of the tables is otherwise than the code has it; SQLite keeps a default more."""
    opts = {
        "version_table": schema.VERSION_TABLE,
        "compare_server_default": db.dialect.name == "postgresql",
    }
    return list(compare_metadata(MigrationContext.configure(db, opts=opts), tables.metadata))


@pytest.mark.parametrize("walked", [False, True], ids=["new", "migrated"])
def test_the_tables_are_those_that_the_code_knows(database: str, *, walked: bool) -> None:
    engine = create_engine(database)
    if walked:
        with engine.begin() as db:
            schema.migrate(db, None)
    open_database(database).close()
    with engine.connect() as db:
        assert differences(db) == []
    engine.dispose()


_SHAPE = {
    "sqlite": (
        'select m.name, c.name, c.type, "notnull", pk, '
        "case when c.name = 'hash' then null else dflt_value end "
        "from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'",
        "select tbl_name, name, sql from sqlite_master where type = 'index'",
        'select m.name, "table", "from", "to" '
        "from sqlite_master m join pragma_foreign_key_list(m.name) where m.type = 'table'",
    ),
    "postgresql": (
        "select table_name, column_name, data_type, character_maximum_length, is_nullable, "
        "column_default from information_schema.columns where table_schema = current_schema()",
        "select tablename, indexdef from pg_indexes where schemaname = current_schema()",
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
        "where connamespace = current_schema()::regnamespace",
        "select relname from pg_class where relkind = 'S'",
    ),
}
"""What tells of tables, but for the order of their columns, and in SQLite for one default."""


def shape(db: Connection) -> list[set[tuple[object, ...]]]:
    queries = _SHAPE[db.dialect.name]
    return [{tuple(row) for row in db.exec_driver_sql(query)} for query in queries]


def test_new_journal_has_the_tables_of_one_that_walked_all_migrations(database: str) -> None:
    open_database(database).close()
    engine = create_engine(database)
    with engine.begin() as db:
        new = shape(db)
        tables.metadata.drop_all(db)
        db.exec_driver_sql(f"drop table {schema.VERSION_TABLE}")
        schema.migrate(db, None)
        assert shape(db) == new
        assert all(new[:3])
    engine.dispose()


def test_journal_is_not_made_upon_what_another_program_put_there(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as db:
        db.exec_driver_sql("create view heartbeats as select 1 as name, 2 as time")
    engine.dispose()
    with pytest.raises(JournalError, match="heartbeats"):
        open_database(database)


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [tables.REVISION]


@pytest.mark.parametrize("version", [1, 2])
def test_earlier_journal_then_has_the_tables_that_the_code_knows(
    tmp_path: Path, version: int
) -> None:
    url = written_by(version, tmp_path)
    open_database(url).close()
    engine = create_engine(url)
    with engine.connect() as db:
        assert differences(db) == []
        db.execute(select(tables.drills))
    engine.dispose()


@pytest.mark.parametrize("version", [1, 2])
def test_migration_that_fails_leaves_the_journal_as_it_was(tmp_path: Path, version: int) -> None:
    url = written_by(version, tmp_path)
    path = tmp_path / "understudy.db"
    with sqlite3.connect(path) as db:
        # Two rotations under way, which no version wrote and the newest tables refuse.
        db.execute("update rotations set ended = null")
    db.close()
    before = rows(url)
    with pytest.raises(JournalError, match="UNIQUE"):
        open_database(url)
    assert rows(url) == before


def test_journal_of_a_later_version_is_refused(database: str) -> None:
    open_database(database).close()
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("update understudy_version set version_num = '0700'"))
    engine.dispose()
    before = rows(database)
    with pytest.raises(JournalError, match=r"schema 0700.*up to"):
        open_database(database)
    assert rows(database) == before


def test_unknown_number_of_the_first_releases_is_refused(tmp_path: Path) -> None:
    url = written_by(2, tmp_path)
    with sqlite3.connect(tmp_path / "understudy.db") as db:
        db.execute("update understudy_schema set version = 700")
    db.close()
    with pytest.raises(JournalError, match=r"schema 0700.*up to"):
        open_database(url)


def test_database_of_another_program_is_refused(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("create table incidents (x int)"))
    engine.dispose()
    with pytest.raises(JournalError, match="not ours: incidents"):
        open_database(database)


async def test_journal_from_before_chains_were_resolved_stands_as_it_was_written(
    tmp_path: Path,
) -> None:
    url = load_sqlite(WITH_AN_ORDER, tmp_path / "understudy.db")
    async with Journal(url) as journal:
        head = await journal.head()
        [order] = (await journal.record(WITNESS, 0)).incidents
        assert (order.cause, order.signing_key) == (Cause.MANUAL, KEYS[2])
        alerts = parse_notification(webhook_bytes(doubt(peer="p1"), alert(KEYS[2]))).alerts
        assert {r.result for r in await journal.take(alerts, {}, 5 * DAY)} == {"opened"}
    assert checked(url, head).flaws == []


OLD_ENTRY = text(
    "insert into entries (id, time, kind, value, witness, sentence, details) "
    "values (:id, 0.3, 'arming', 'armed', 'init0', 'ß', '{\"armed\":  true}')"
)


def test_entries_from_before_the_chain_become_part_of_it(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as db:
        schema.migrate(db, None, to="0004")
        for number in range(1, 1503):
            db.execute(OLD_ENTRY, {"id": number})
    engine.dispose()
    open_database(database).close()
    with read_database(database) as db:
        report = verify(db, None, lambda _done, _all: None)
    assert [flaw for flaw in report.flaws if flaw.entry is not None] == [
        Flaw("init0 is not armed or disarmed as it tells", 1502)
    ]
    assert report.entries == 1503


def test_switcher_of_an_earlier_version_that_still_runs_can_t_break_the_chain(
    postgresql_url: str,
) -> None:
    opened = open_database(postgresql_url)
    with pytest.raises(JournalError, match="hash"), opened.writing() as db:
        db.execute(OLD_ENTRY, {"id": 1})
    opened.close()


START = """
import sys
from switcher.journal.database import open_database, read_database
print(flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).close()
"""


def test_switchers_that_start_at_once_make_the_tables_once(postgresql_url: str) -> None:
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", START, postgresql_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for each in starting:
        assert each.stdout
        each.stdout.readline()
    told = [each.communicate("\n", timeout=60)[1] for each in starting]
    assert told == [""] * 3
    assert rows(postgresql_url)[schema.VERSION_TABLE] == [(tables.REVISION,)]
