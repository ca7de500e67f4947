"""What a program may read: state and journal. A token of scope `read` or `operate` is needed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from switcher import reading
from switcher.access import Running, allowed_to_read
from switcher.answers import JournalPage, Status
from switcher.routes.refusals import MISTAKES, NO_JOURNAL, READING

Id = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
"""As large as a database's integer key can become."""

router = APIRouter(
    prefix="/api",
    tags=["read"],
    dependencies=[Depends(allowed_to_read)],
    responses={**READING, **NO_JOURNAL},
)


@router.get("/status")
async def read_status(switcher: Running) -> Status:
    """Return what is on air, what is open, and whether alerts come through."""
    return await reading.read_status(switcher)


@router.get("/journal", responses=MISTAKES)
async def read_journal(
    switcher: Running,
    before: Id = None,
    incident: Id = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JournalPage:
    """Return a page of the journal."""
    async with switcher.reading:
        entries = await switcher.journal.entries(before=before, incident=incident, limit=limit)
    return JournalPage(entries, entries[-1].id if len(entries) == limit else None)
