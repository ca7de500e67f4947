"""What somebody edited by hand: an entry is shown as such, and hides no other; a row is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from devnet.keys import active_key
from storing.edited import read_json
from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.journal.journal import Journal
from switcher.journal.matters import Which, read_open
from switcher.journal.store import read_record
from switcher.journal.verify import verify
from switcher.resolving.model import Kind
from switcher.service import serve
from switcher.webhook import parse_notification
from tests.switcher.calling import CHAIN, calling
from tests.switcher.stage import WITNESS, Home, doubt, webhook_bytes
from tests.switcher.written import write

SAID = "It was changed by something else than Understudy"
DEEP = 300 * "[" + 300 * "]"
ANYWHERE = {
    "a kind that there is not": "kind = 'nonsense'",
    "details that are no object": "details = '[1]'",
    "details that nest too deep": f"""details = '{{"a": {DEEP}}}'""",
    "details with half a character": r"""details = '{"a": "\ud83d"}'""",
    "a time that is none": "time = 'infinity'",
}
IN_SQLITE = {
    "details that are no JSON": "details = 'nothing'",
    "details that nest too deep to be read": f"details = '{10_000 * '['}'",
    "details that are no text": "details = x'ff'",
    "a time in words": "time = 'noon'",
    "a witness that is no text": "witness = x'ff'",
    "an incident in words": "incident = 'seven'",
}


async def edit(url: str, *changes: str) -> list[int]:
    """Write a journal and change an entry of it by each of some changes; return which."""
    head = await write(url)
    engine = create_engine(url)
    places = list(range(2, 2 + len(changes)))
    assert places[-1] < head.id
    with engine.begin() as db:
        for place, change in zip(places, changes, strict=True):
            db.exec_driver_sql(f"update entries set {change} where id = {place}")
    engine.dispose()
    return places


async def test_entries_that_were_edited_are_shown_as_such_and_the_others_as_they_are(
    tmp_path: Path, database: str
) -> None:
    changes = [*ANYWHERE.values()]
    if database.startswith("sqlite"):
        changes += IN_SQLITE.values()
    edited = await edit(database, *changes)
    async with calling(tmp_path, CHAIN, database=database) as caller:
        reply = await caller.get("/api/journal")
        assert reply.status_code == 200
        told = {entry["id"]: entry for entry in reply.json()["entries"]}
        unreadable = [number for number, entry in told.items() if entry["value"] == "unreadable"]
        assert sorted(unreadable) == edited
        assert len(told) > len(edited)
        for number in edited:
            assert told[number]["kind"] == "journal"
            assert told[number]["sentence"].startswith(SAID)
        assert "understudy journal verify" in told[edited[0]]["sentence"]
        page = await caller.get("/")
        assert page.status_code == 200
        assert page.text.count(SAID) == len(edited)


async def test_entry_that_not_even_the_database_can_read_makes_the_journal_unusable(
    tmp_path: Path, sqlite_url: str
) -> None:
    await edit(sqlite_url, "sentence = cast(x'ff' as text)")
    async with calling(tmp_path, CHAIN, database=sqlite_url) as caller:
        reply = await caller.get("/api/journal")
        assert (reply.status_code, reply.json()["detail"]) == (503, JOURNAL_UNUSABLE)


INCIDENTS = [
    "action = 'dance'",
    "decision = 'perhaps'",
    "cause = 'boredom'",
    """alerts = '{"f": {"seen": "noon", "starts_at": ""}}'""",
    "alerts = '[]'",
    """"order" = '{"who": "me"}'""",
]
INCIDENTS_IN_SQLITE = ["opened = 'noon'", "alerts = '{'", """"order" = '{'""", "renewed = x'ff'"]
ROTATIONS = ["outcome = 'fine'", """"transaction" = '[]'"""]
ROTATIONS_IN_SQLITE = ["reference = 'x'", """"transaction" = '{'"""]


MATTERS = ["subject = 'planet:p1'", "decision = 'perhaps'", "alerts = '[]'"]
MATTERS_IN_SQLITE = ["renewed = 'noon'", "sentence = x'ff'"]


def rows_to_edit(database: str) -> Iterator[str]:
    in_sqlite = database.startswith("sqlite")
    for change in INCIDENTS + INCIDENTS_IN_SQLITE * in_sqlite:
        yield f"update incidents set {change} where id = 3"
    for change in ROTATIONS + ROTATIONS_IN_SQLITE * in_sqlite:
        yield f"update rotations set {change}, ended = null where id = 2"


async def test_incident_or_rotation_that_was_edited_is_refused_and_the_journal_says_so(
    database: str,
) -> None:
    await write(database)
    engine = create_engine(database, json_deserializer=read_json)
    for edit_it in rows_to_edit(database):
        with engine.connect() as db:
            db.exec_driver_sql(edit_it)
            with pytest.raises(JournalError, match="understudy journal verify"):
                read_record(db, WITNESS, 0.0)
            found = [flaw.what for flaw in verify(db, None, lambda _done, _all: None).flaws]
            assert any("can't be read" in what for what in found), (edit_it, found)
            db.rollback()
    engine.dispose()


async def test_matter_of_a_chain_that_was_edited_is_refused_and_the_journal_says_so(
    database: str,
) -> None:
    async with Journal(database) as journal:
        alerts = parse_notification(webhook_bytes(doubt(peer="p1"))).alerts
        await journal.take(alerts, {}, 5.0)
    engine = create_engine(database, json_deserializer=read_json)
    for change in MATTERS + MATTERS_IN_SQLITE * database.startswith("sqlite"):
        with engine.connect() as db:
            assert len(read_open(db, Which(Kind.PEER))) == 1
            db.exec_driver_sql(f"update incidents set {change}")
            if not change.startswith("subject"):  # which makes it nobody's here
                with pytest.raises(JournalError, match="understudy journal verify"):
                    read_open(db, Which(Kind.PEER))
            found = [flaw.what for flaw in verify(db, None, lambda _done, _all: None).flaws]
            assert any("can't be read" in what for what in found), (change, found)
            db.rollback()
    engine.dispose()


async def test_incident_that_is_edited_makes_the_journal_unusable_and_ends_no_switcher(
    tmp_path: Path, database: str
) -> None:
    await write(database)
    async with calling(tmp_path, CHAIN, database=database) as caller:
        spoil(database)
        for path in ("/api/status", "/"):
            reply = await caller.get(path)
            assert reply.status_code == 503
            assert "journal can" in reply.text
    with pytest.raises(JournalError, match="understudy journal verify"):
        await serve(CHAIN, Home(tmp_path, active_key(WITNESS).wif).settings(database=database))


def spoil(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as db:
        db.exec_driver_sql("update incidents set decision = 'perhaps' where id = 3")
    engine.dispose()
