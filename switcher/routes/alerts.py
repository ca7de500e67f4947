"""Where Alertmanager posts. The answer comes after the durable write and before any action."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request, status

from switcher.access import Running, requires
from switcher.auth import Bearer, Scope
from switcher.errors import JournalError, WebhookError
from switcher.webhook import parse_notification

MAX_BODY = 1_000_000
_BODY_SECONDS = 10.0
_LENGTH_DIGITS = 20
_log = structlog.get_logger("switcher.alerts")

router = APIRouter(tags=["alerts"])


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


@router.post("/alerts", status_code=status.HTTP_202_ACCEPTED)
async def take_alerts(
    request: Request,
    switcher: Running,
    _sender: Annotated[Bearer, Depends(requires(Scope.ALERTS))],
) -> Acknowledgement:
    """Take a webhook of Alertmanager (version 4)."""
    try:
        notification = parse_notification(await _body(request))
        receipts = await switcher.take(notification.alerts)
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
    for receipt in receipts:
        if receipt.result not in {"heartbeat", "renewed", "repeated", "ignored"}:
            _log.info("alert", result=receipt.result, incident=receipt.incident, why=receipt.reason)
    return Acknowledgement([Taken(r.result, r.incident, r.reason) for r in receipts])


async def _body(request: Request) -> bytes:
    """Read a body as far as it is allowed to go, however it is sent."""
    too_large = WebhookError(413, "too_large", f"The body is over {MAX_BODY} bytes.")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:_LENGTH_DIGITS]) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise too_large
    except TimeoutError as error:
        sentence = f"The body did not arrive within {_BODY_SECONDS:.0f} s."
        raise WebhookError(status.HTTP_408_REQUEST_TIMEOUT, "too_slow", sentence) from error
    return bytes(body)
