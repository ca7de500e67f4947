"""The status page: how things stand and what happened, and its own stream of what is new."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from switcher.access import (
    Listening,
    Running,
    SignedIn,
    allowed_to_read,
)
from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.feed import Feed, Sight
from switcher.page.answers import HEADERS, accepts_gzip, compressed_html
from switcher.page.assets import ASSETS
from switcher.page.visitors import reader
from switcher.page.writing import PAGE, Writer
from switcher.reading import read_status
from switcher.routes.read import Id
from switcher.running import Switcher
from switcher.stream import ALIVE, BEGINNING, EventStream

_FOREVER = "public, max-age=31536000, immutable"


async def _writer(request: Request) -> Writer:
    return cast("Writer", request.app.state.writer)


Writing = Annotated[Writer, Depends(_writer)]

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[Depends(reader)])
async def page(
    request: Request,
    switcher: Running,
    writer: Writing,
    session: SignedIn,
    before: Id = None,
    incident: Id = None,
) -> Response:
    """Return the status page."""
    try:
        sight = await _sight(switcher, before, incident)
    except JournalError:
        sight = Sight(0, None, JOURNAL_UNUSABLE)
    older = sight.entries[0].id if len(sight.entries) == PAGE else None
    text = writer.page(sight, before=before, incident=incident, older=older, session=session)
    code = status.HTTP_503_SERVICE_UNAVAILABLE if sight.trouble else status.HTTP_200_OK
    return compressed_html(request, text, code)


async def _sight(switcher: Switcher, before: int | None, incident: int | None) -> Sight:
    standing = await read_status(switcher)
    async with switcher.reading:
        entries = await switcher.journal.entries(before=before, incident=incident, limit=PAGE)
    return Sight(0, standing, "", tuple(reversed(entries)))


@router.get(
    "/live", response_class=EventStream, dependencies=[Depends(allowed_to_read)], status_code=200
)
async def live(feed: Listening, writer: Writing) -> EventStream:
    """Return the parts of the page as they change, as server-sent events for htmx."""
    return EventStream(feed, _parts(feed, writer))


async def _parts(feed: Feed, writer: Writer) -> AsyncGenerator[bytes, None]:
    number, sent = 0, dict[str, bytes]()
    yield BEGINNING
    while (sight := await feed.after(number)) is not None:
        if sight.number == number:
            yield ALIVE
            continue
        number = sight.number
        for name, write in writer.parts.items():
            told = sight.once(name, write)
            if sent.get(name) != told:
                sent[name] = told
                yield told


@router.get("/static/{digest}/{name}")
async def static(request: Request, digest: str, name: str) -> Response:
    """Return a file of the page; another content would have another address."""
    asset = ASSETS.get(name)
    if asset is None or asset.url != f"static/{digest}/{name}":
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    headers = {**HEADERS, "Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if accepts_gzip(request):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)
