"""What `understudy journal verify` finds in a journal that somebody had their hands on."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from switcher.journal.hashes import Head, link
from tests.switcher.stage import WITNESS
from tests.switcher.written import FIELDS, Copy, checked, write

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
