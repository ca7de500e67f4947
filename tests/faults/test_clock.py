"""The clock of the switcher's machine is half a minute off, or is set while it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bench.misset import Watchmaker
from devnet.hosts import api_names
from switcher.answers import Status
from tests.faults.rule import alert
from tests.faults.stage import Stage, on_stage
from tests.faults.timings import timings
from understudy.stack import parts

EITHER_WAY = pytest.mark.parametrize("off", [-30, 30], ids=["behind", "ahead"])
ONE_WAY = timings("off", 30, -30)


@asynccontextmanager
async def misset(
    folder: Path, off: float, *, by_rule: bool = True
) -> AsyncIterator[tuple[Stage, Watchmaker]]:
    """Run the stage with a switcher whose clock is off, until it has noticed."""
    async with on_stage(folder, start=False, by_rule=by_rule) as stage:
        clock = Watchmaker(folder / "clock")
        clock.set(off)
        address, configuration = stage.written.switcher, stage.written.configuration
        module = clock.module
        stage.switcher = parts.service("switcher", configuration, address, folder, module=module)
        await stage.switcher.start()
        await told(stage, lambda status: status.clock.offset is not None)
        yield stage, clock


async def told(stage: Stage, wanted: Callable[[Status], bool], timeout: float = 60.0) -> Status:
    """Wait until the switcher's status meets a condition."""
    async with asyncio.timeout(timeout), stage.journal() as journal:
        while not wanted(status := await journal.status()):
            await asyncio.sleep(0.1)
        return status


def made_up_for(is_so: bool) -> Callable[[Status], bool]:
    return lambda status: status.clock.corrected is is_so


async def gauge(stage: Stage) -> float:
    """Return the offset that the switcher's metrics tell."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{stage.relay.target}/metrics")).text
    [value] = [
        line.split()[1]
        for line in text.splitlines()
        if line.startswith("understudy_clock_offset_seconds ")
    ]
    return float(value)


@EITHER_WAY
async def test_host_that_dies_is_replaced_once(tmp_path: Path, off: int) -> None:
    async with misset(tmp_path, off) as (stage, _):
        status = await told(stage, lambda status: status.clock.corrected)
        assert status.clock.offset == pytest.approx(off, abs=1)
        assert await gauge(stage) == pytest.approx(off, abs=1)
        await stage.net.nodes["alpha"].kill()
        pages = await stage.settled(rotated_to=["beta"])
        assert len(pages.rotations) == 1
        assert "that is made up for here, set it all the same" in stage.switcher.log.read_text()


@ONE_WAY
async def test_clock_that_is_set_while_it_runs_rotates_nobody_and_hinders_nothing(
    tmp_path: Path, off: int
) -> None:
    async with misset(tmp_path, 0, by_rule=False) as (stage, clock):
        await stage.post(alert(stage.key("alpha")))
        await stage.books.until_word("not_corroborated")
        for step in (off, 0, -off):
            clock.set(step)
            await told(stage, made_up_for(bool(step)))
            await stage.post(alert(stage.key("alpha")))
            await stage.net.wait_blocks(3)
        pages = await stage.books.read()
        assert not pages.rotations
        # While others have the processors, nodes may be late for a moment, which holds as well.
        assert set(pages.words) <= {"rotate_signing_key", "not_corroborated", "not_quorate"}
        await stage.net.nodes["alpha"].kill()
        await stage.net.wait_for(lambda state: state.witnesses["1.6.1"].total_missed > 0)
        await stage.post(alert(stage.key("alpha")))
        await stage.settled(rotated_to=["beta"])


@ONE_WAY
async def test_chain_that_stands_still_is_held_as_that(tmp_path: Path, off: int) -> None:
    async with misset(tmp_path, off, by_rule=False) as (stage, _):
        asked = api_names(stage.net.settings)
        makers = [node for name, node in stage.net.nodes.items() if name not in asked]
        for maker in makers:
            await maker.kill()
        await stage.post(alert(stage.key("alpha")))
        pages = await stage.books.until_word("network_wide")
        [held] = [entry for entry in pages.entries if entry.value == "network_wide"]
        assert "nobody produces, or no node hears of any" in held.sentence
        for maker in makers:
            await maker.heal()
        await stage.net.wait_blocks(5)
        assert not (await stage.books.read()).rotations


@timings("late", 3, 8)
async def test_nodes_that_are_all_late_replace_no_healthy_host(tmp_path: Path, late: int) -> None:
    policy = {"preempt_after": "3s"}
    async with on_stage(tmp_path, start=False, by_rule=False, policy=policy) as stage:
        for name in api_names(stage.net.settings):
            stage.net.nodes[name].lag(messages=late)
        await stage.switcher.start()
        for _ in range(10):
            await stage.post(alert(stage.key("alpha"), alertname="ProducerForked"))
            await stage.net.wait_blocks(2)
        pages = await stage.books.until(lambda pages: bool(pages.incidents))
        status = await told(stage, lambda status: status.clock.offset is not None)
        assert not status.clock.corrected
        assert not pages.rotations
        held = {"not_corroborated", "not_quorate", "network_wide"}
        assert set(pages.words) <= {"rotate_signing_key", *held}
