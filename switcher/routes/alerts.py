"""Where Alertmanager posts. The answer comes after the durable write and before any action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request, status

from serving.body import BodyError, read_body
from switcher.access import Running, requires
from switcher.auth import Bearer, Scope
from switcher.errors import JournalError, WebhookError
from switcher.journal.receipt import Receipt
from switcher.routes.refusals import NO_TOKEN, WRONG_SCOPE, refusals
from switcher.webhook import MOST_ALERTS, VERSION, parse_notification

MAX_BODY = 1_000_000
_log = structlog.get_logger("switcher.alerts")

_UNUSABLE = frozenset({"unknown_action", "malformed"})

router = APIRouter(tags=["alerts"])

_REFUSALS = {
    **refusals(
        _400="The body is not a JSON object.",
        _408="The body did not arrive in time.",
        _413="The body is too large, or has too many alerts.",
        _422="This is no notification of version 4.",
        _503="The alerts could not be written down; they are to be sent again.",
    ),
    **NO_TOKEN,
    **WRONG_SCOPE,
}
_NOTIFICATION = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["version", "alerts"],
                "properties": {
                    "version": {"const": VERSION},
                    "alerts": {
                        "type": "array",
                        "items": {},
                        "maxItems": MOST_ALERTS,
                        "description": "Each is judged by itself; what it lacks is told in its "
                        "part of the answer.",
                    },
                },
            }
        }
    },
}
"""It is read by hand, so that one bad alert doesn't keep the others out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one alert of the notification, in its order."""

    result: str
    incident: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The alerts that are safely written down."""

    alerts: list[Taken]


@router.post(
    "/alerts",
    status_code=status.HTTP_202_ACCEPTED,
    responses=_REFUSALS,
    openapi_extra={"requestBody": _NOTIFICATION},
)
async def take_alerts(
    request: Request,
    switcher: Running,
    _sender: Annotated[Bearer, Depends(requires(Scope.ALERTS))],
) -> Acknowledgement:
    """Take a webhook of Alertmanager (version 4)."""
    try:
        notification = parse_notification(await _body(request))
        receipts = await switcher.reception.take(notification.alerts)
    except WebhookError as error:
        switcher.metrics.alert(error.result)
        # What is left of the body is not read, so the connection can't be used again.
        headers = {"Connection": "close"} if error.status != status.HTTP_400_BAD_REQUEST else None
        raise HTTPException(error.status, str(error), headers) from error
    except JournalError as error:
        switcher.metrics.alert("not_written")
        _log.error("alerts not written", error=str(error))
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "The alerts could not be written down."
        ) from error
    if notification.truncated:
        _log.warning("Alertmanager left alerts out", count=notification.truncated)
    _log_news(receipts)
    return Acknowledgement([Taken(r.result, r.incident, r.reason) for r in receipts])


def _log_news(receipts: Collection[Receipt]) -> None:
    """Log a notification's news, and of all that nobody can use in it one line."""
    for receipt in receipts:
        if receipt.is_news:
            _log.info("alert", result=receipt.result, incident=receipt.incident)
    if unusable := [receipt for receipt in receipts if receipt.result in _UNUSABLE]:
        counts = Counter(receipt.result for receipt in unusable)
        _log.info("unusable alerts", **counts, first=unusable[0].reason)


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request, MAX_BODY)
    except BodyError as error:
        raise WebhookError(error.status, error.kind, str(error)) from error
