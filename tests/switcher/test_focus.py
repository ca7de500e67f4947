"""While a rotation is under way, what is of no matter for it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from switcher.focus import Focus
from switcher.journal.journal import Journal
from switcher.strangers import Strangers
from tests.switcher.resolving.test_nodes import scene
from tests.switcher.resolving.voters import Voters
from tests.switcher.scripted import ALPHA, Script
from tests.switcher.troupe import troupe


async def decided(journal: Journal) -> list[str]:
    return [entry.value for entry in await journal.entries() if entry.kind == "decision"]


async def waits(step: Callable[[], Awaitable[None]], journal: Journal, focus: Focus) -> list[str]:
    """Return what a step decides once nobody is seen to; until then it may decide nothing."""
    focus.begin("init0")
    stepping = asyncio.ensure_future(step())
    for _ in range(20):  # the journal does one thing after the other: a step would be over by then
        await journal.ping()
    assert await decided(journal) == []
    focus.end("init0")
    await stepping
    return await decided(journal)


async def test_accusations_of_unknown_witnesses_wait(database: str, script: Script) -> None:
    async with troupe(database, script) as t:
        await t.post(ALPHA, witness="stranger")
        desk = t.worker._desk
        assert await waits(Strangers(desk).step, t.journal, desk.focus) == ["unknown_witness"]


async def test_alerts_about_nodes_wait(sqlite_url: str) -> None:
    async with scene(sqlite_url, Voters()) as s:
        await s.post()
        assert await waits(s.step, s.journal, s.staff.desk.focus) == ["not_corroborated"]


async def test_they_wait_two_seconds_at_most_however_many_are_seen_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    focus = Focus()
    monkeypatch.setattr("switcher.focus._LONGEST", 60.0)
    focus.begin("init0")
    monkeypatch.setattr("switcher.focus._LONGEST", 0.05)
    await asyncio.wait_for(focus.free(), 5)
    assert focus.remaining() > 0


async def test_they_wait_for_the_last_of_several() -> None:
    focus = Focus()
    focus.begin("init0")
    focus.begin("init1")
    waiting = asyncio.ensure_future(focus.free())
    for witness in ("init0", "init1"):
        await asyncio.sleep(0)
        assert not waiting.done()
        focus.end(witness)
    await asyncio.wait_for(waiting, 5)
