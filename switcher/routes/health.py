"""What anybody may ask, from wherever it can be reached: is it alive, is it usable."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, Response, status

from switcher.access import Insider, Running
from switcher.answers import AlertPath
from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.status import alert_path, usable_nodes

_JOURNAL_SECONDS = 2.0
_ALERT_PATH = {
    AlertPath.OK: "alerts come through",
    AlertPath.UNKNOWN: "no heartbeat has come yet",
    AlertPath.BROKEN: "broken: no heartbeat has come in time",
}
router = APIRouter(tags=["health"])


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each dependency by name: "ok" or what is wrong."""

    ready: bool
    journal: str
    nodes: str
    alert_path: str


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process serves requests."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    responses={503: {"model": Readiness, "description": "Not ready."}},
    openapi_extra={"security": [{}]},  # or none, which tells less of the journal
)
async def readyz(switcher: Running, insider: Insider, response: Response) -> Readiness:
    """Answer 200 once journal and nodes are usable, 503 before.

    What is wrong with the journal is told on this machine, and for a token of scope `read`.

    A broken alert path is told but does not count: a service that is taken out of use for it could
    not be reached by the heartbeat any more.
    """
    journal, heartbeat = "ok", None
    try:
        async with asyncio.timeout(_JOURNAL_SECONDS):
            await switcher.journal.ping()
            heartbeat = await switcher.journal.heartbeat()
    except JournalError as error:
        journal = str(error) if insider else JOURNAL_UNUSABLE
    except TimeoutError:
        journal = f"no answer within {_JOURNAL_SECONDS:g} s"
    usable, needed = usable_nodes(switcher.watch.nodes)
    count = len(switcher.watch.nodes)
    nodes = "ok" if usable >= needed else f"{usable} of {count} are usable, {needed} are needed"
    timeout = switcher.settings.heartbeat_timeout
    path = alert_path(heartbeat, switcher.started(), timeout, switcher.clock())
    ready = journal == nodes == "ok"
    if not ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Readiness(ready, journal, nodes, _ALERT_PATH[path])
