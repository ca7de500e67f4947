"""Whether people are told of every alert that goes on for long enough, whatever else goes on."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.soak.passage import Inbox
from understudy.stack import Program

_EVERY = 5.0
OWED = 180.0
"""Seconds of firing after which people must have been told: an Alertmanager waits 10 s for others
of its group, or a minute where it has told of the group before; the rest is for one that was just
killed or stood still."""

_NOBODYS = frozenset({"AlertPathHeartbeat"})
"""Alerts that are for the switcher only."""


@dataclass
class Duty:
    """Looks at what fires, as long as it is asked for; `untold` are alerts that people missed."""

    inbox: Inbox
    prometheuses: Sequence[Program]
    fired: Counter[str] = field(default_factory=Counter)
    untold: dict[str, str] = field(default_factory=dict)
    owed: int = 0
    _since: dict[str, float] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Look until cancelled; a Prometheus that is down or stands still tells nothing."""
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=_EVERY) as client:
            while True:
                answers = await asyncio.gather(
                    *(self._asked(client, program) for program in self.prometheuses)
                )
                told = [alerts for alerts in answers if alerts is not None]
                if told:
                    self.look((alert for alerts in told for alert in alerts), time.monotonic())
                await asyncio.sleep(_EVERY)

    def look(self, alerts: Iterable[dict[str, Any]], now: float) -> None:
        """Take what every Prometheus that answers says now (steady seconds)."""
        firing = {
            json.dumps(alert["labels"], sort_keys=True): alert["labels"]
            for alert in alerts
            if alert["state"] == "firing" and alert["labels"]["alertname"] not in _NOBODYS
        }
        for over in self._since.keys() - firing.keys():
            del self._since[over]
            self._told.discard(over)
        for identity, labels in firing.items():
            if identity not in self._since:
                self._since[identity] = now
                self.fired[labels["alertname"]] += 1
            if now - self._since[identity] < OWED or identity in self._told:
                continue
            self._told.add(identity)
            self.owed += 1
            if not self.inbox.knows(labels):
                self.untold[identity] = labels["alertname"]

    async def _asked(self, client: httpx.AsyncClient, program: Program) -> list[Any] | None:
        try:
            answer = await client.get(f"{program.url}/api/v1/alerts")
            answer.raise_for_status()
        except httpx.HTTPError:
            return None
        found: list[Any] = answer.json()["data"]["alerts"]
        return found
