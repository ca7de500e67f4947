"""Alerts on their way through the real Alertmanager to the switcher, on a healthy witness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from switcher.answers import AlertPath, Status
from switcher.model import Entry
from understudy.demo.journal import JournalReader
from understudy.demo.play import PLAIN
from understudy.demo.stage import Set, stage

pytestmark = pytest.mark.stack

PATIENCE = 60.0
WITNESS, OWN_KEY = "init0", "alpha"


@pytest.fixture
async def running() -> AsyncIterator[Set]:
    async with stage(PLAIN, interval="1s") as everything:
        yield everything


@pytest.fixture
async def journal(running: Set) -> AsyncIterator[JournalReader]:
    async with running.journal() as reader:
        yield reader


async def post(running: Set, **labels: str) -> None:
    """Put an alert into Alertmanager, as anybody can who reaches it."""
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{running.stack.alertmanager.url}/api/v2/alerts"
        answer = await client.post(url, json=[{"labels": labels, "annotations": {}}])
        answer.raise_for_status()


async def first(journal: JournalReader, wanted: Callable[[Entry], bool]) -> Entry:
    """Wait for a journal entry."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for entry in await journal.news():
                if wanted(entry):
                    return entry
            await asyncio.sleep(0.1)


async def status(journal: JournalReader, wanted: Callable[[Status], bool]) -> None:
    """Wait until the switcher's status meets a condition."""
    async with asyncio.timeout(PATIENCE):
        while not wanted(await journal.status()):
            await asyncio.sleep(0.1)


async def test_a_forged_alert_against_a_healthy_witness_is_not_corroborated(
    running: Set, journal: JournalReader
) -> None:
    key = running.net.signing_key(OWN_KEY)
    await post(
        running,
        alertname="WitnessMissingBlocks",
        action="rotate_signing_key",
        witness=WITNESS,
        signing_key=key,
    )
    decided = await first(journal, lambda entry: entry.kind == "decision")
    assert decided.value == "not_corroborated"
    assert "0 misses" in decided.sentence
    blocks = running.net.state.number + 3
    await running.net.wait_block(blocks)
    assert running.net.state.witnesses["1.6.1"].signing_key == key


async def test_the_dead_mans_switch_reaches_the_switcher(
    running: Set, journal: JournalReader
) -> None:
    await status(journal, lambda told: told.alert_path is AlertPath.OK)
    async with httpx.AsyncClient(trust_env=False) as client:
        ready = await client.get(f"{running.stack.switcher.url}/readyz")
    assert ready.status_code == httpx.codes.OK
    assert ready.json()["alert_path"] == "alerts come through"
