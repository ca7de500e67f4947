"""The stream of what is new, for programs."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, status
from pydantic import TypeAdapter

from switcher.access import Listening, Running, allowed_to_read
from switcher.answers import Status
from switcher.errors import JournalError
from switcher.feed import SHOWN, Feed, Sight
from switcher.model import Entry
from switcher.routes.refusals import MISTAKES, READING
from switcher.running import Switcher
from switcher.stream import ALIVE, BEGINNING, EventStream, event

_STATUS, _ENTRY = TypeAdapter(Status), TypeAdapter(Entry)

router = APIRouter(
    prefix="/api",
    tags=["read"],
    dependencies=[Depends(allowed_to_read)],
    responses=READING,
)


@router.get(
    "/events",
    response_class=EventStream,
    status_code=status.HTTP_200_OK,
    responses=MISTAKES,
)
async def read_events(
    switcher: Running,
    feed: Listening,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> EventStream:
    """Return server-sent events: `status`, now and after each change, and `entry` for each new one.

    Their data are the JSON of `/api/status` and of an entry of `/api/journal`. An entry's id is the
    event's: who sends it as `Last-Event-ID` gets all that came after it. An event `trouble` says
    why the state can't be read at present; what was told before it is old then.
    """
    seen = int(last_event_id) if last_event_id.isascii() and last_event_id.isdecimal() else None
    return EventStream(feed, _told(switcher, feed, seen))


async def _told(switcher: Switcher, feed: Feed, cursor: int | None) -> AsyncGenerator[bytes, None]:
    number = 0
    yield BEGINNING
    while (sight := await feed.after(number)) is not None:
        if sight.number == number:
            yield ALIVE
            continue
        number = sight.number
        if sight.trouble:
            yield sight.once("status", _standing)
            continue
        # An id that no entry has yet is of another journal, of which nothing is to be resumed.
        cursor = sight.head if cursor is None or cursor > sight.head else cursor
        try:
            while missed := await _missed(switcher, sight, cursor):
                for entry in missed:
                    yield _told_of(entry)
                cursor = missed[-1].id
        except JournalError:
            continue  # the next sight tells of it, and entries go on from where they were
        yield sight.once("status", _standing)


async def _missed(switcher: Switcher, sight: Sight, cursor: int) -> list[Entry]:
    """Return the next entries up to a sight, from the journal where it does not show them all."""
    if cursor >= sight.head:
        return []
    if cursor + 1 >= sight.entries[0].id:
        return [entry for entry in sight.entries if entry.id > cursor]
    async with switcher.reading:
        entries = await switcher.journal.entries_after(cursor, SHOWN)
    return [entry for entry in entries if entry.id <= sight.head]


def _told_of(entry: Entry) -> bytes:
    return event("entry", _as_json(_ENTRY, entry), entry.id)


def _standing(sight: Sight) -> bytes:
    if sight.trouble or sight.status is None:
        return event("trouble", json.dumps({"detail": sight.trouble}))
    return event("status", _as_json(_STATUS, sight.status))


def _as_json(shape: TypeAdapter[Any], told: Any) -> str:
    """Return one line, whatever a caller takes for the end of one: Unicode has more than HTML."""
    return shape.dump_json(told, ensure_ascii=True).decode()
