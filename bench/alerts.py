"""The alerts that came during a measurement, as Prometheus tells them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from understudy.errors import StackError

_ASK_EVERY = 2.0
_ALWAYS_FIRES = "AlertPathHeartbeat"


@dataclass
class AlertLog:
    """Notes each alert that fires at a Prometheus, once for each time that it began."""

    url: str
    fired: set[tuple[str, str, str]] = field(default_factory=set)

    async def run(self) -> None:
        """Note alerts until cancelled.

        Raises:
            StackError: Prometheus did not answer.
        """
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False) as client:
            while True:
                try:
                    answer = (await client.get("/api/v1/alerts")).raise_for_status()
                except httpx.HTTPError as error:
                    raise StackError(f"Prometheus does not tell its alerts: {error}") from error
                self._note(answer.json()["data"]["alerts"])
                await asyncio.sleep(_ASK_EVERY)

    def count(self) -> dict[str, int]:
        """Return how often each alert came, but for the one that always fires."""
        counted = Counter(name for name, _, _ in self.fired)
        return {name: counted[name] for name in sorted(counted) if name != _ALWAYS_FIRES}

    def _note(self, alerts: list[dict[str, Any]]) -> None:
        for alert in alerts:
            if alert["state"] == "firing":
                labels = str(sorted(alert["labels"].items()))
                self.fired.add((alert["labels"]["alertname"], labels, alert["activeAt"]))
