"""What `understudy journal verify` finds in a journal that somebody had their hands on."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from switcher.errors import JournalError
from switcher.journal.database import open_database, read_database
from switcher.journal.hashes import Head, link
from switcher.journal.journal import Journal
from switcher.journal.verify import Report, verify
from switcher.model import Arming, Cause, Decision, Draft, Ending, Order, Outcome, Step
from switcher.webhook import parse_notification
from tests.switcher.stage import WITNESS, alert, webhook_bytes

KEYS = tuple(f"BTS{letter * 50}" for letter in "ABC")
FIELDS = ("time", "kind", "value", "witness", "incident", "rotation", "sentence", "details", "hash")
DAY = 86_400.0


async def play(journal: Journal, key: str, to: str, now: float) -> None:
    """Have a key accused and rotated away from, until the next one is on air."""
    alerts = parse_notification(webhook_bytes(alert(key, starts_at=f"at-{now:.0f}"))).alerts
    await journal.take(alerts, {}, now)
    [incident] = (await journal.record(WITNESS, 0)).incidents
    await journal.decide(incident, Decision.ROTATE, "3 misses", None, now + 1)
    transaction = {"fee": 0.1, "ß": [1], "expiration": "1970-01-01T00:00:09"}
    draft = Draft(incident.id, WITNESS, key, to, "beta", now, False, 7, 9, "ab" * 20, transaction)
    rotation = await journal.open_rotation(draft, Outcome.BROADCAST, "going", now + 2.5)
    values: dict[str, Any] = {"accepted": True, "sent": now + 3}
    rotation = await journal.change(rotation, values, [(Step.SENT, "taken")], now + 3)
    values = {"block": 8, "in_block": now + 4, "outcome": Outcome.IN_BLOCK}
    rotation = await journal.change(rotation, values, [(Outcome.IN_BLOCK, "held")], now + 4)
    values = {"irreversible": now + 5, "on_air": now + 5, "ended": now + 5}
    values |= {"outcome": Outcome.ON_AIR}
    steps = [(Outcome.IRREVERSIBLE, "for good"), (Outcome.ON_AIR, "signs")]
    await journal.end_rotation(rotation, values, steps, Ending.ON_AIR, now + 5, {"block": 8})


async def write(url: str) -> Head:
    """Write a journal with two rotations that are over, and an order that is open."""
    async with Journal(url) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first", 0.1 + 0.2))
        await play(journal, KEYS[0], KEYS[1], 10.0)
        await play(journal, KEYS[1], KEYS[2], 3 * DAY)
        order = Order("you", "to be sure", ("beta",))
        await journal.open_order(WITNESS, KEYS[2], Cause.MANUAL, order, 4 * DAY)
        return await journal.head()


def checked(url: str, expected: Head | None = None) -> Report:
    with read_database(url) as db:
        return verify(db, expected, lambda _done, _all: None)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "understudy.db"
    asyncio.run(write(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    return path


class Copy:
    """A copy of a journal to lay hands on."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name("copy.db")
        shutil.copy(path, self.path)
        self.count = self.run("select count(*) from entries")[0][0]

    def run(self, *statements: str, **values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("pragma synchronous=off")
            return [row for each in statements for row in db.execute(each, values)]

    def check(self, expected: Head | None = None) -> list[int | None]:
        """Return the entries that show what is wrong."""
        return [flaw.entry for flaw in checked(f"sqlite:///{self.path}", expected).flaws]


NUMBERS = st.integers(1, 19)
VALUES = st.one_of(
    st.none(),
    st.integers(-5, 2**31),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(['{"accused": "x"}', "{}", "[]", "{", "pruned", "journal", "0" * 64]),
)


async def test_journal_as_it_was_written_is_fine_on_either_database(database: str) -> None:
    head = await write(database)
    report = checked(database, head)
    assert report.flaws == []
    assert (report.entries, report.oldest, report.head) == (head.id, 1, head)
    assert head.id == 18


@settings(max_examples=80)
@given(NUMBERS, st.sampled_from(FIELDS), VALUES)
def test_edit_of_any_field_of_any_entry_is_found(
    written: Path, number: int, field: str, value: Any
) -> None:
    copy = Copy(written)
    assume(number <= copy.count)
    before = copy.run(f"select {field} from entries where id = :id", id=number)
    try:
        copy.run(f"update entries set {field} = :value where id = :id", value=value, id=number)
    except sqlite3.IntegrityError:
        assume(False)
    after = copy.run(f"select {field} from entries where id = :id", id=number)
    assume(before != after)
    assert copy.check()[0] == number


@pytest.mark.parametrize("field", FIELDS[:8])
async def test_edit_is_found_in_postgresql_too(postgresql_url: str, field: str) -> None:
    await write(postgresql_url)
    other = {"time": "time + 1e-6", "incident": "2", "rotation": "2", "details": "'{}'"}
    engine = create_engine(postgresql_url)
    with engine.begin() as db:
        value = other.get(field, "'other'")
        db.execute(text(f"update entries set {field} = {value} where id = 4"))
    engine.dispose()
    assert checked(postgresql_url).flaws[0].entry == 4


@settings(max_examples=40)
@given(NUMBERS, NUMBERS)
def test_entries_that_changed_places_are_found(written: Path, one: int, other: int) -> None:
    copy = Copy(written)
    assume(one != other and max(one, other) <= copy.count)
    copy.run(
        "update entries set id = -1 where id = :one",
        "update entries set id = :one where id = :other",
        "update entries set id = :other where id = -1",
        one=one,
        other=other,
    )
    assert copy.check()[0] == min(one, other)


@given(NUMBERS)
def test_removed_entry_is_found(written: Path, number: int) -> None:
    copy = Copy(written)
    assume(number <= copy.count)
    copy.run("delete from entries where id = :id", id=number)
    assert copy.check()[0] == (number if number == copy.count else number + 1)


@given(NUMBERS)
def test_inserted_entry_is_found_wherever_it_is(written: Path, number: int) -> None:
    copy = Copy(written)
    assume(number <= copy.count + 1)
    forge(copy, number)
    # It may well follow the one before it: then it is the next one that does not follow.
    assert copy.check()[0] == (number if number > copy.count else number + 1)


def forge(copy: Copy, number: int) -> None:
    """Put an entry in that links to the one before it as it should, and move those behind it."""
    before = copy.run("select hash from entries where id = :id", id=number - 1)
    genesis = copy.run("select anchor_hash from journal")
    fields = (number, 5.0, "arming", "armed", WITNESS, None, None, "forged", "{}")
    hashed = link((before or genesis)[0][0], fields)
    copy.run("update entries set id = -id where id >= :id", id=number)
    copy.run("update entries set id = 1 - id where id < 0")
    with closing(sqlite3.connect(copy.path)) as db, db:
        db.execute(f"insert into entries values ({','.join('?' * 10)})", (*fields, hashed))


def test_what_is_missing_is_named(written: Path) -> None:
    copy = Copy(written)
    copy.run("delete from entries where id in (3, 6, 7)")
    told = [flaw.what for flaw in checked(f"sqlite:///{copy.path}").flaws]
    assert told[:2] == ["entry 3 is missing before it", "entries 6 to 7 are missing before it"]


def test_newest_entry_that_was_rewritten_with_its_hash_is_found(written: Path) -> None:
    copy = Copy(written)
    copy.run("update entries set sentence = 'another' where id = :id", id=copy.count)
    before, last = copy.run("select * from entries order by id")[-2:]
    new = link(before[-1], last[:-1])
    copy.run("update entries set hash = :hash where id = :id", hash=new, id=copy.count)
    assert copy.check() == [copy.count]


def test_cut_off_end_is_found_by_the_journal_s_own_head_or_else_by_one_that_was_noted(
    written: Path,
) -> None:
    copy = Copy(written)
    noted = Head(*copy.run("select last, hash from journal")[0])
    copy.run("delete from entries where id > 17")
    assert copy.check()[0] == 18
    copy.run(
        "update journal set last = 17, hash = (select hash from entries where id = 17)",
        "delete from incidents where id = 3",
    )
    assert copy.check() == []
    assert copy.check(noted) == [18]


def test_journal_that_was_rewritten_throughout_is_found_by_a_head_that_was_noted(
    tmp_path: Path, written: Path
) -> None:
    copy = Copy(written)
    noted = Head(*copy.run("select last, hash from journal")[0])
    copy.run("update entries set sentence = 'another' where id = 5")
    [(head,)] = copy.run("select anchor_hash from journal")
    for row in copy.run("select * from entries order by id"):
        head = link(head, row[:-1])
        copy.run("update entries set hash = :hash where id = :id", hash=head, id=row[0])
    copy.run("update journal set hash = :hash", hash=head)
    assert copy.check() == []
    assert copy.check(noted) == [noted.id]


INCIDENT = (
    'id, cause, "order", action, witness, signing_key, accused, opened, renewed, resolved, '
    "decision, sentence, planned, alerts, ended, ending"
)
ROWS = [
    ("rotations", "transaction_id = 'ffff'", 4),
    ("rotations", "\"transaction\" = '{}'", 4),
    ("rotations", "from_key = 'BTS'", 4),
    ("rotations", "to_key = 'BTS'", 4),
    ("rotations", "producer = 'gamma'", 4),
    ("rotations", "witness = 'init1'", 4),
    ("rotations", "by_hand = 1", 4),
    ("rotations", "opened = 1", 4),
    ("rotations", "expiration = 4000000000", 4),
    ("rotations", "sent = 1", 8),
    ("rotations", "in_block = null", 8),
    ("rotations", "irreversible = null", 8),
    ("rotations", "on_air = 1", 8),
    ("rotations", "ended = null", 8),
    ("rotations", "outcome = 'expired'", 8),
    ("rotations", "outcome = 'never_signed'", 8),
    ("incidents", "ended = null, ending = null", 9),
    ("incidents", "ending = 'resolved'", 9),
    ("incidents", "ended = ended + 1", 9),
    ("incidents", "accused = 'BTS'", 2),
    ("incidents", "signing_key = 'BTS'", 2),
    ("incidents", "witness = 'init1'", 2),
    ("incidents", "opened = 1", 2),
    ("incidents", "cause = 'manual'", 2),
    ("incidents", "action = 'nothing'", 2),
    ("incidents", "decision = 'budget_spent'", 3),
]


@pytest.mark.parametrize(("table", "change", "entry"), ROWS)
def test_row_that_says_otherwise_than_its_entries_is_found(
    written: Path, table: str, change: str, entry: int
) -> None:
    copy = Copy(written)
    copy.run(f"update {table} set {change} where id = 1")
    assert entry in copy.check()


@pytest.mark.parametrize(
    "change",
    [
        "update arming set armed = 0",
        "update arming set who = 'maria'",
        "delete from arming",
        "delete from rotations where id = 2",
        "delete from incidents where id = 1",
        "update incidents set \"order\" = '{}' where id = 3",
        "update incidents set ended = 5, ending = 'cancelled' where id = 3",
        "insert into incidents select 9, cause, \"order\", action, witness, 'x', 'x', 1, 1, 1, "
        "null, '', null, alerts, 5, 'resolved' from incidents where id = 1",
        "insert into incidents select -1, cause, \"order\", action, witness, 'x', 'x', 1, 1, 0, "
        "null, '', null, alerts, null, null from incidents where id = 3",
        "update incidents set alerts = '{' where id = 1",
        "update journal set name = 'other'",
        "insert into arming values ('init1', 1, 'maria', 'why', 1)",
        "insert into rotations select 9, 9, witness, from_key, to_key, producer, decided, by_hand, "
        "opened, reference, expiration, 'cd', \"transaction\", 0, null, null, null, null, null, "
        "null, null, 'broadcast', '' from rotations where id = 1",
    ],
)
def test_row_without_its_entry_and_entry_without_its_row_are_found(
    written: Path, change: str
) -> None:
    copy = Copy(written)
    copy.run(change.replace("into incidents select", f"into incidents ({INCIDENT}) select"))
    assert copy.check() != []


@pytest.mark.parametrize("retention", [False, True])
async def test_order_that_nobody_gave_is_found_though_a_switcher_saw_to_it(
    sqlite_url: str, *, retention: bool
) -> None:
    await write(sqlite_url)
    if retention:
        assert await prune(sqlite_url, 3 * DAY + 3)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            f'insert into incidents ({INCIDENT}) select 4, cause, "order", action, witness, '
            "signing_key, accused, opened, renewed, 0, null, '', null, alerts, null, null "
            "from incidents where id = 3"
        )
    async with Journal(sqlite_url) as journal:
        [_, forged] = (await journal.record(WITNESS, 0)).incidents
        draft = Draft(forged.id, WITNESS, KEYS[2], KEYS[1], "beta", 4 * DAY)
        await journal.open_rotation(draft, Outcome.CANNOT_PAY, "poor", 4 * DAY)
        await journal.end(forged, Ending.GIVEN_UP, "poor", 4 * DAY)
    assert [flaw.what for flaw in checked(sqlite_url).flaws] == [
        "no entry tells how incident 4 began"
    ]


async def test_rotation_that_no_switcher_began_is_found_though_one_ended_it(
    sqlite_url: str,
) -> None:
    await write(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            "insert into rotations (incident, witness, from_key, to_key, producer, decided, "
            "by_hand, opened, reference, expiration, accepted, sentence, outcome) "
            "values (3, ?, 'x', 'y', 'beta', 1, 0, 1, 1, 1, 0, '', 'broadcast')",
            (WITNESS,),
        )
    async with Journal(sqlite_url) as journal:
        rotation = (await journal.record(WITNESS, 0)).open_rotation
        assert rotation is not None
        values = {"ended": 4 * DAY, "outcome": Outcome.EXPIRED}
        steps = [(Outcome.EXPIRED, "too late")]
        await journal.end_rotation(rotation, values, steps, None, 4 * DAY, {})
    assert [flaw.what for flaw in checked(sqlite_url).flaws] == [
        "no entry tells how rotation 3 began"
    ]


@pytest.mark.parametrize(
    "made",
    [
        "create trigger t after insert on incidents begin "
        "update incidents set resolved = 1 where id = new.id; end",
        "alter table entries rename to kept; create view entries as select * from kept",
    ],
)
def test_what_acts_within_the_database_by_itself_is_found(written: Path, made: str) -> None:
    copy = Copy(written)
    with closing(sqlite3.connect(copy.path)) as db:
        db.executescript(made)
    assert copy.check() == [None]


async def test_trigger_and_rule_are_found_in_postgresql_too(postgresql_url: str) -> None:
    await write(postgresql_url)
    engine = create_engine(postgresql_url)
    with engine.begin() as db:
        db.execute(text("create rule quiet as on insert to heartbeats do instead nothing"))
        db.execute(
            text(
                "create trigger same before update on incidents "
                "for each row execute function suppress_redundant_updates_trigger()"
            )
        )
    engine.dispose()
    assert sorted(flaw.what for flaw in checked(postgresql_url).flaws) == [
        "the rule quiet on the table heartbeats is not of this program",
        "the trigger same on the table incidents is not of this program",
    ]


async def prune(url: str, before: float) -> int:
    async with Journal(url) as journal:
        return await journal.prune(before, 100, 5 * DAY)


async def test_what_retention_leaves_can_still_be_checked(database: str) -> None:
    head = await write(database)
    assert await prune(database, 3 * DAY) == 9
    report = checked(database, head)
    assert report.flaws == []
    assert (report.oldest, report.entries) == (10, 10)
    assert await prune(database, 3 * DAY + 3) == 3
    assert checked(database, head).flaws == []
    async with Journal(database) as journal:
        record = await journal.record(WITNESS, 0)
        assert [i.cause for i in record.incidents] == ["manual"]
        assert [r.id for r in record.rotations] == [2]
        assert await journal.prune(9 * DAY, 100, 6 * DAY) == 5
        assert await journal.prune(9 * DAY, 100, 7 * DAY) == 0
        assert [e.value for e in await journal.entries()] == [
            "pruned",
            "pruned",
            "pruned",
            "manual",
        ]
        assert (await journal.record(WITNESS, 0)).rotations == ()
    assert checked(database).flaws == []
    told = checked(database, Head(3, "0" * 64)).flaws
    assert [flaw.entry for flaw in told] == [3]
    assert "note a newer head" in told[0].what


async def test_what_was_put_in_before_what_retention_left_is_found(sqlite_url: str) -> None:
    await write(sqlite_url)
    assert await prune(sqlite_url, 3 * DAY) == 9
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            "insert into entries select 9, time, kind, value, witness, incident, rotation, "
            "sentence, details, hash from entries where id = 10"
        )
    [flaw] = checked(sqlite_url).flaws
    assert flaw.entry == 9
    assert "older than what retention left" in flaw.what


async def test_head_that_was_noted_is_compared_with_the_last_entry_that_went(
    sqlite_url: str,
) -> None:
    async with Journal(sqlite_url) as journal:
        for day in range(4):
            await journal.arm(WITNESS, Arming(True, "maria", "why", day * DAY))
            if day == 1:
                noted = await journal.head()
        assert await journal.prune(2 * DAY, 100, 5 * DAY) == noted.id == 2
    assert checked(sqlite_url, noted).flaws == []
    assert [flaw.entry for flaw in checked(sqlite_url, Head(2, "0" * 64)).flaws] == [2]


async def test_incident_of_which_only_the_beginning_went_is_kept(database: str) -> None:
    async with Journal(database) as journal:
        await journal.take(parse_notification(webhook_bytes(alert(KEYS[0]))).alerts, {}, 1.0)
        [incident] = (await journal.record(WITNESS, 0)).incidents
        await journal.end(incident, Ending.NOT_RENEWED, "over", 3 * DAY)
        assert await journal.prune(2 * DAY, 100, 5 * DAY) == 1
    assert checked(database).flaws == []


async def test_journal_with_nothing_but_removals_is_left_as_it_is(sqlite_url: str) -> None:
    async with Journal(sqlite_url) as journal:
        await journal.arm(WITNESS, Arming(True, "maria", "why", 1.0))
        assert await journal.prune(DAY, 100, DAY) == 1
        head = await journal.head()
        assert await journal.prune(9 * DAY, 100, 9 * DAY) == 0
        assert await journal.head() == head


async def test_nothing_is_removed_while_a_rotation_is_under_way(database: str) -> None:
    async with Journal(database) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first", 1.0))
        await journal.take(parse_notification(webhook_bytes(alert(KEYS[0]))).alerts, {}, 2.0)
        draft = Draft(1, WITNESS, KEYS[0], KEYS[1], "beta", 3.0)
        await journal.open_rotation(draft, Outcome.BROADCAST, "going", 3.0)
        assert await journal.prune(9 * DAY, 100, 9 * DAY) == 0


async def test_more_that_went_than_retention_tells_of_is_found(sqlite_url: str) -> None:
    await write(sqlite_url)
    await prune(sqlite_url, 3 * DAY)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "update journal set anchor = 12, anchor_hash = (select hash from entries where id = 12)"
        )
        db.execute("delete from entries where id <= 12")
        db.commit()
    assert 13 in [flaw.entry for flaw in checked(sqlite_url).flaws]


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


@pytest.mark.parametrize("version", [1, 2])
def test_journal_of_an_earlier_version_can_be_checked_once_it_is_up_to_date(
    sqlite_url: str, version: int
) -> None:
    dump = Path(__file__).parent.parent / "fixtures" / "journal" / f"schema-{version}.sql"
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db:
        db.executescript(dump.read_text())
    with pytest.raises(JournalError, match="when it starts"):
        checked(sqlite_url)
    open_database(sqlite_url).close()
    report = checked(sqlite_url)
    assert report.flaws == []
    assert report.entries == 15


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
