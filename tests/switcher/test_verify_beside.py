"""A journal can be verified whatever goes on beside it, and by strangers."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from switcher.errors import JournalError
from switcher.journal.database import open_database, read_database
from switcher.journal.hashes import link
from switcher.journal.journal import Journal
from switcher.model import Arming
from tests.switcher.stage import WITNESS
from tests.switcher.written import Copy, checked
from tests.upgrade.kept import held, load_sqlite

WRITER = """
import sys
from switcher.journal import entries
from switcher.journal.database import open_database
from switcher.model import EntryKind
opened = open_database(sys.argv[1])
about = entries.About("init0")
while True:
    with opened.writing() as db:
        for part in "abc":
            entries.write_entry(db, 1.5, about, EntryKind.ARMING, "armed", part, {"x": part})
    print(flush=True)
"""


def writing(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE)


@pytest.fixture
def writers(database: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    count = 2 if database.startswith("postgresql") else 1
    running = [writing(database) for _ in range(count)]
    yield running
    for each in running:
        each.kill()
        each.wait()
        assert each.stdout
        each.stdout.close()


def test_writers_killed_in_the_middle_leave_one_chain(
    database: str, writers: list[subprocess.Popen[bytes]]
) -> None:
    acknowledged = 0
    for writer in writers:
        assert writer.stdout
        for _ in range(15):
            writer.stdout.readline()
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert writer.stdout
        acknowledged += 15 + len(writer.stdout.readlines())
    report = checked(database)
    chain = [flaw for flaw in report.flaws if "armed or disarmed" not in flaw.what]
    assert chain == []
    assert report.entries % 3 == 0
    assert report.entries >= 3 * acknowledged
    open_database(database).close()


async def test_reading_makes_no_file_and_needs_no_lock(tmp_path: Path, sqlite_url: str) -> None:
    with pytest.raises(JournalError, match="There is no journal"):
        checked(sqlite_url)
    assert list(tmp_path.iterdir()) == []
    async with Journal(sqlite_url) as journal:
        await journal.begin([WITNESS], Arming())
        assert checked(sqlite_url).flaws == []
        with pytest.raises(JournalError, match="readonly"), read_database(sqlite_url) as db:
            db.execute(text("delete from entries"))


@pytest.mark.parametrize("kept", ["0001-44a8e9a.sqlite.sql", "0002-1a2da99.sqlite.sql"])
def test_journal_of_an_earlier_version_can_be_checked_once_it_is_up_to_date(
    tmp_path: Path, kept: str
) -> None:
    url = load_sqlite(kept, tmp_path / "earlier.db")
    with pytest.raises(JournalError, match="brings it up to"):
        checked(url)
    open_database(url).close()
    report = checked(url)
    assert report.flaws == []
    assert report.entries == len(held(url).entries)


def test_page_s_program_for_strangers_comes_to_the_same(
    tmp_path: Path, written: Path, repository: Path
) -> None:
    page = (repository / "docs" / "decisions" / "journal.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    copy = Copy(written)
    [(last, newest)] = copy.run("select last, hash from journal")
    done = subprocess.run(
        [sys.executable, "-c", program, copy.path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"{last}:{newest}"
    copy.run("update entries set sentence = 'x' where id = 4")
    done = subprocess.run(
        [sys.executable, "-c", program, copy.path], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "entry 4" in done.stderr


def test_what_json_can_not_say_has_no_hash() -> None:
    with pytest.raises(ValueError, match="JSON"):
        link("00", (1, float("nan"), "step", "sent", "init0", None, None, "", "{}"))


def test_an_entry_s_hash_is_that_of_the_documented_line() -> None:
    fields = (7, 1.0, "step", "sent", "init0", 1, None, 'said "ß"', '{"x": 1.0}')
    line = '["00",7,1.0,"step","sent","init0",1,null,"said \\"ß\\"","{\\"x\\": 1.0}"]'
    assert link("00", fields) == hashlib.sha256(line.encode()).hexdigest()
