"""Alerts that come again, late, or in another order than they were sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.faults.rule import alert
from tests.faults.stage import Stage, on_stage
from tests.switcher import stage as scripted


@asynccontextmanager
async def repeated(stage: Stage, told: dict[str, Any]) -> AsyncIterator[None]:
    """Post an alert to Alertmanager at every block for as long as the context lasts."""

    async def repeat() -> None:
        while True:
            lasting = datetime.now(UTC) + timedelta(seconds=20)
            await stage.post({**told, "endsAt": lasting.isoformat()})
            await stage.net.wait_blocks(1)

    repeating = asyncio.create_task(repeat())
    try:
        yield
    finally:
        repeating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await repeating


async def ending(stage: Stage, label: str) -> str:
    """Return how the incident ends that the alert of this label belongs to."""
    posting = await stage.ledger.first(lambda p: p.has(told=label) and p.status == 202)
    number = posting.receipts[0]["incident"]
    pages = await stage.books.until(lambda pages: pages.ended[number] is not None)
    return [entry.value for entry in pages.entries if entry.incident == number][-1]


async def deliver(stage: Stage, *alerts: dict[str, Any]) -> None:
    """Post a webhook to the switcher as Alertmanager would, past it."""
    token = stage.written.alertmanager_token.read_text()
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"http://{stage.relay.address}/alerts",
            json=scripted.webhook(*alerts),
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == httpx.codes.ACCEPTED


async def test_alert_that_goes_on_after_the_rotation_rotates_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path, dead=["alpha"], by_rule=False) as stage:
        old = alert(stage.key("alpha"))
        async with repeated(stage, old):
            await stage.settled(rotated_to=["beta"])
            await stage.ledger.first(lambda posting: "repeated" in posting.results)
        await stage.settled(rotated_to=["beta"])


async def test_alert_delivered_after_the_rotation_is_superseded(tmp_path: Path) -> None:
    async with on_stage(tmp_path, dead=["alpha"]) as stage:
        before = datetime.now(UTC) - timedelta(minutes=5)
        await stage.settled(rotated_to=["beta"])
        for since, label in ((before, "of another replica"), (None, "of a new start")):
            late = alert(stage.key("alpha"), since=since, told=label)
            await stage.post(late)
            assert await ending(stage, label) == "superseded"
        await stage.net.wait_blocks(3)
        await stage.settled(rotated_to=["beta"])


async def test_resolved_before_firing_and_again_during_the_rotation_changes_nothing(
    tmp_path: Path,
) -> None:
    async with on_stage(tmp_path, dead=["alpha"], by_rule=False) as stage:
        await stage.net.wait_for(lambda state: state.witnesses["1.6.1"].total_missed > 0)
        firing = scripted.alert(stage.key("alpha"))
        resolved = scripted.alert(stage.key("alpha"), status="resolved")
        await deliver(stage, resolved)
        await deliver(stage, firing)
        await stage.books.until_word("broadcast")
        await deliver(stage, resolved)
        pages = await stage.settled(rotated_to=["beta"])
        assert pages.words[-1] == "on_air"
