"""Nothing that was answered with 202 is ever lost, whenever the switcher is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.acknowledged import lost
from tests.faults.draws import draw
from tests.faults.report import FIGURES
from tests.faults.stage import Stage, on_stage
from tests.faults.timings import timings
from tests.switcher import stage as scripted
from understudy.errors import StackError

_SENDERS = 3
_PAUSE = 0.1
_ALIVE = 2.0
"""Seconds within which the switcher is killed once it is ready."""

_DRAINED = 300.0


@timings("kills", 10, 200)
async def test_no_acknowledged_alert_is_lost_however_often_the_switcher_is_killed(
    tmp_path: Path, kills: int, record_property: Callable[[str, object], None]
) -> None:
    chance = draw(kills)
    async with on_stage(tmp_path, by_rule=False) as stage:
        async with stream(stage, chance):
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0, _ALIVE))
                await stage.switcher.kill()
                await briefly(stage, chance)
        assert not await lost(stage.ledger, stage.books)
        acknowledged = sum(len(posting.alerts) for posting in stage.ledger.acknowledged)
        results = [result for posting in stage.ledger.acknowledged for result in posting.results]
        assert {"opened", "renewed"} <= set(results)
        cut = sum(posting.status != 202 for posting in stage.ledger.postings)
        assert cut
        pages = await stage.settled(rotated_to=[], timeout=_DRAINED)
        record_property(
            FIGURES,
            f"{kills} kills: {acknowledged} alerts acknowledged in "
            f"{len(stage.ledger.acknowledged)} webhooks, {cut} webhooks refused or cut off, "
            f"{len(pages.incidents)} incidents, none lost",
        )


async def briefly(stage: Stage, chance: random.Random) -> None:
    """Start the switcher again, now and then after a further kill during its start."""
    if chance.random() < 0.2:
        starting = asyncio.create_task(stage.switcher.start())
        await asyncio.sleep(chance.uniform(0, 1.5))
        await stage.switcher.kill()
        with contextlib.suppress(StackError):
            await starting
    await stage.switcher.start()


@asynccontextmanager
async def stream(stage: Stage, chance: random.Random) -> AsyncIterator[None]:
    """Post ever other alerts, some of them again, some resolved, from several senders at once."""
    sending = [asyncio.create_task(_send(stage, f"{n}", chance)) for n in range(_SENDERS)]
    try:
        yield
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def _send(stage: Stage, sender: str, chance: random.Random) -> None:
    token = stage.written.alertmanager_token.read_text()
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://{stage.relay.address}/alerts"
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
        for number in range(1_000_000):
            alerts = [_alert(sender, number, chance) for _ in range(chance.randint(1, 3))]
            await client.post(url, json=scripted.webhook(*alerts))
            await asyncio.sleep(_PAUSE)


def _alert(sender: str, number: int, chance: random.Random) -> dict[str, object]:
    """Return an alert about a key of nobody: a new one, or one that came a moment ago."""
    key = f"BTSnobody{sender}x{max(0, number - chance.choice((0, 0, 0, 1, 2)))}"
    status = "resolved" if chance.random() < 0.1 else "firing"
    return scripted.alert(key, status=status, starts_at=f"2026-11-21T08:00:00.{number:09d}Z")
