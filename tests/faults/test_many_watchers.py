"""Two or three of every program, and one of them ends at any moment while a host fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from bench.frozen import frozen
from tests.faults.draws import draw
from tests.faults.report import FIGURES
from tests.faults.timings import timings
from tests.support.watchers import on_watch

AS_SHIPPED = {"missed_blocks": 3}
_CRASHES = 5
_EARLIEST, _LATEST = -3.0, 15.0
"""Seconds after the crash within which a watcher dies; a rotation takes about as long."""


@timings("season", *range(10), always=0)
async def test_one_crash_without_any_one_watcher_is_one_rotation(
    tmp_path: Path,
    postgresql_url: str,
    season: int,
    record_property: Callable[[str, object], None],
) -> None:
    chance, lasted = draw(season), list[float]()
    async with on_watch(tmp_path, database=postgresql_url, policy=AS_SHIPPED) as watch:
        for _ in range(_CRASHES):
            await watch.well()
            name = chance.choice(sorted(watch.programs))
            moment = chance.uniform(_EARLIEST, _LATEST)
            print(f"{name} killed {moment:.2f} s after {await watch.on_air()}")
            dying = asyncio.create_task(_after(moment - _EARLIEST, watch.programs[name].kill()))
            await asyncio.sleep(-_EARLIEST)
            began = time.monotonic()
            async with watch.crash():
                await dying
                await watch.settled()
            lasted.append(time.monotonic() - began)
            await watch.programs[name].start()
    record_property(
        FIGURES,
        f"{len(lasted)} crashes, each with a watcher gone: {len(lasted)} rotations, "
        f"over within {min(lasted):.0f} to {max(lasted):.0f} s",
    )


async def test_alert_delivered_to_both_switchers_is_one_rotation(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with on_watch(tmp_path, database=postgresql_url) as watch:
        await watch.well()
        async with watch.crash():
            await watch.settled()
        for relay in watch.relays:
            told = relay.ledger.acknowledged
            assert any(posting.has(action="rotate_signing_key") for posting in told)


async def _after(seconds: float, ending: Coroutine[None, None, None]) -> None:
    await asyncio.sleep(seconds)
    await ending


@pytest.mark.timing
@pytest.mark.parametrize(
    "name", ["prometheus", "alertmanager-2", "alertmanager-3", "exporter", "exporter-2"]
)
async def test_program_that_dies_with_the_host_changes_nothing(
    tmp_path: Path, postgresql_url: str, name: str
) -> None:
    async with on_watch(tmp_path, database=postgresql_url) as watch:
        await watch.well()
        async with watch.crash(watch.programs[name].kill()):
            await watch.settled()


@pytest.mark.timing
async def test_acting_switcher_that_stands_still_is_replaced(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with on_watch(tmp_path, database=postgresql_url) as watch:
        await watch.well()
        acting = await watch.acting()
        async with frozen(acting), watch.crash():
            await watch.settled()
            assert await watch.acting() is not acting
        await watch.well()
        await watch.settled()
