"""What Prometheus would do with the rule about missed blocks, without its delays."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from devnet.launch import Devnet
from tests.faults.checks import updates, witness_id

NAME = "WitnessMissingBlocks"
_LOOK = 0.25
_RESEND = 2.0
_LASTS = timedelta(seconds=20)
"""How long an alert that is not posted again goes on firing: four times what it is resent after."""


def alert(
    signing_key: str,
    *,
    witness: str = "init0",
    since: datetime | None = None,
    ended: datetime | None = None,
    **labels: str,
) -> dict[str, Any]:
    """Return an alert as Prometheus posts it: firing, or with `ended` resolved."""
    now = datetime.now(UTC)
    return {
        "labels": {
            "alertname": NAME,
            "action": "rotate_signing_key",
            "severity": "critical",
            "witness": witness,
            "signing_key": signing_key,
            **labels,
        },
        "annotations": {"summary": "A witness misses blocks."},
        "startsAt": (since or now).isoformat(),
        "endsAt": (ended or now + _LASTS).isoformat(),
    }


async def post(alertmanager: str, *alerts: dict[str, Any]) -> None:
    """Post alerts to an Alertmanager (its URL).

    Raises:
        httpx.HTTPError: it doesn't take them.
    """
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        answer = await client.post(f"{alertmanager}/api/v2/alerts", json=alerts)
        answer.raise_for_status()


@asynccontextmanager
async def rule(
    net: Devnet, alertmanager: str, *, witness: str = "init0", missed: int = 1
) -> AsyncIterator[None]:
    """Run the rule for a witness for as long as the context lasts.

    It fires once the key in force has missed so many slots of its term, is posted every two
    seconds, and resolved when another term begins: also one of the same key, whose update is in
    another block once the chain has left the first one.
    """
    running = asyncio.create_task(_Rule(net, alertmanager, witness, missed).run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class _Rule:
    def __init__(self, net: Devnet, alertmanager: str, account: str, missed: int) -> None:
        self._net = net
        self._alertmanager = alertmanager
        self._account = account
        self._missed = missed
        self._term, self._before = self._chain()
        self._since: datetime | None = None

    async def run(self) -> None:
        posted = 0.0
        loop = asyncio.get_running_loop()
        while True:
            term, missed = self._chain()
            if term != self._term:
                await self._end()
                self._term, self._before, posted = term, missed, 0.0
            if missed - self._before >= self._missed:
                self._since = self._since or datetime.now(UTC)
                if loop.time() - posted >= _RESEND:
                    posted = loop.time()
                    await self._send(alert(self._term[0], witness=self._account, since=self._since))
            await asyncio.sleep(_LOOK)

    def _chain(self) -> tuple[tuple[str, str], int]:
        """Return the term, as key and id of the block that began it, and what was missed in all."""
        witness = self._net.state.witnesses[witness_id(self._net, self._account)]
        done = updates(self._net, self._account)
        return (witness.signing_key, done[-1].block_id if done else ""), witness.total_missed

    async def _end(self) -> None:
        if self._since is not None:
            since, self._since = self._since, None
            now = datetime.now(UTC)
            await self._send(alert(self._term[0], witness=self._account, since=since, ended=now))

    async def _send(self, told: dict[str, Any]) -> None:
        # An Alertmanager that is gone gets it the next time, as from Prometheus.
        with contextlib.suppress(httpx.HTTPError):
            await post(self._alertmanager, told)
