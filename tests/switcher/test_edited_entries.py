"""An entry that somebody edited by hand is shown as such, and hides no other."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from switcher.errors import JOURNAL_UNUSABLE
from tests.switcher.calling import CHAIN, calling
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
