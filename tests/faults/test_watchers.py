"""A watcher that is killed or stands still while a host fails; alerts come through Prometheus."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.faults import FAILURES, Fault, strike
from bench.frozen import frozen
from tests.faults.draws import draw, kill_one
from tests.faults.stage import Stage, on_stage
from tests.faults.timings import timings
from understudy.stack import Program

AS_SHIPPED = {"missed_blocks": 3}
_RUNS = 50
_WITHIN = 20.0
"""Seconds after the crash within which a watcher is killed; a rotation takes about as long."""


def watchers(stage: Stage) -> dict[str, Program]:
    """Return everything that watches, by name."""
    programs = (stage.switcher, stage.alertmanager, stage.prometheus, stage.exporter)
    return {program.name: program for program in programs}


@timings("run", *range(_RUNS))
async def test_one_crash_and_any_watcher_killed_is_one_rotation(tmp_path: Path, run: int) -> None:
    chance = draw(run)
    async with on_stage(tmp_path, policy=AS_SHIPPED, prometheus=True) as stage:
        await asyncio.sleep(chance.uniform(0, 3))
        await stage.net.nodes["alpha"].kill()
        await kill_one(watchers(stage), chance, _WITHIN)
        await stage.settled(rotated_to=["beta"])


@pytest.mark.timing
@pytest.mark.parametrize("name", ["switcher", "alertmanager", "prometheus", "exporter"])
async def test_watcher_that_stands_still_for_a_while_is_one_rotation(
    tmp_path: Path, name: str
) -> None:
    async with on_stage(tmp_path, policy=AS_SHIPPED, prometheus=True) as stage:
        async with frozen(watchers(stage)[name]):
            await stage.net.nodes["alpha"].kill()
            await stage.net.wait_blocks(20)
        await stage.settled(rotated_to=["beta"])


@pytest.mark.timing
@pytest.mark.parametrize("fault", FAILURES)
async def test_host_that_fails_in_any_way_is_one_rotation(tmp_path: Path, fault: Fault) -> None:
    async with on_stage(tmp_path, policy=AS_SHIPPED, prometheus=True) as stage:
        await strike(stage.net, "alpha", fault)
        await stage.settled(rotated_to=["beta"])
