"""The way of webhooks to a switcher, on which they can be held up, and where people get theirs."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from aiohttp import web

from bench.acknowledged import Claim, claims
from bench.relay import Ledger, Posting, Relay, listening

_REMEMBERED = 40
"""Webhooks that can be repeated."""


class ClaimBook(Ledger):
    """What a sender was told, no more than is needed: the newest of each kind and incident.

    While the switcher's clock is off, the times that it writes down may be so by `slack` seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.claims: dict[tuple[str, int | None, str], Claim] = {}
        self.told = Counter[str]()
        self.alerts = 0
        self.slack = 0.0

    def note(self, posting: Posting) -> None:
        """Write down an answer."""
        self.told[str(posting.status)] += 1
        if posting.status != 202:
            return
        self.alerts += len(posting.alerts)
        for claim in claims(posting):
            place = claim.result, claim.incident, claim.fingerprint
            self.claims[place] = replace(claim, began=claim.began - self.slack)


class Passage(Relay):
    """A relay on which every webhook comes `late` by seconds, or while it is `cut` none at all."""

    def __init__(self, target: str, port: int) -> None:
        super().__init__(target, port)
        self.ledger: ClaimBook = ClaimBook()
        self.bodies: deque[bytes] = deque(maxlen=_REMEMBERED)
        self.late = 0.0
        self.cut = False

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.sleep(self.late)
        if self.cut:
            return web.Response(status=502)
        if not _has_alerts(body):
            status, _ = await self._answer(request)  # there is nothing in it that could be noted
            return web.Response(status=status)
        self.bodies.append(body)
        return await super()._pass_on(request)


def _has_alerts(body: bytes) -> bool:
    """Tell whether all that a webhook has for alerts can be read as such."""
    try:
        alerts = json.loads(body)["alerts"]
        return isinstance(alerts, list) and all(isinstance(a["labels"], dict) for a in alerts)
    except (ValueError, KeyError, TypeError):
        return False


class Inbox:
    """What people are told: `async with Inbox(port)`; Alertmanager's own JSON is posted to it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.notifications = 0
        self.names = Counter[str]()
        self._status: dict[str, str] = {}
        self._port = port

    async def __aenter__(self) -> Self:
        self._runner = await listening(self._port, "/", self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def knows(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the last that people were told of an alert is that it fires."""
        return self._status.get(_identity(labels)) == "firing"

    async def _take(self, request: web.Request) -> web.Response:
        told: dict[str, Any] = await request.json()
        self.note(told["alerts"])
        return web.Response()

    def note(self, alerts: list[dict[str, Any]]) -> None:
        """Take a notification."""
        self.notifications += 1
        for alert in alerts:
            self.names[alert["labels"]["alertname"]] += alert["status"] == "firing"
            self._status[_identity(alert["labels"])] = alert["status"]


def _identity(labels: Mapping[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)
