"""Two switchers that share nothing but the chain: each has a journal of its own, both are armed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from switcher.model import Outcome
from tests.switcher.scripted import ALPHA, BETA, NODES, Script
from tests.switcher.troupe import Troupe, troupe


@asynccontextmanager
async def company(folder: Path, script: Script) -> AsyncIterator[tuple[Troupe, Troupe]]:
    for name in ("one", "other"):
        (folder / name).mkdir(exist_ok=True)
    async with (
        troupe(folder / "one", script) as one,
        troupe(folder / "other", script) as other,
    ):
        yield one, other


def keys(script: Script) -> list[str]:
    return [
        transaction["operations"][0][1]["new_signing_key"] for transaction in script.transactions
    ]


async def test_two_that_decide_at_one_moment_make_one_and_the_same_transaction(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with company(tmp_path, script) as both:
        for each in both:
            await each.post(ALPHA)
            await each.worker.step()
        assert len(script.transactions) == 1
        await both[0].come_on_air()
        await both[1].worker.step()
        for each in both:
            assert (await each.words())[-1] == "on_air"


async def test_one_that_looks_later_does_nothing_more(tmp_path: Path, script: Script) -> None:
    script.miss(3)
    async with company(tmp_path, script) as (one, other):
        for each in (one, other):
            await each.post(ALPHA)
        await one.worker.step()
        await one.come_on_air()
        await other.worker.step()
        assert len(script.transactions) == 1
        assert (await other.words())[-1] == "superseded"


async def test_one_that_was_slower_sends_nothing_and_counts_the_others_update_as_its_own(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with company(tmp_path, script) as (one, other):
        for each in (one, other):
            await each.post(ALPHA)
        script.deaf = set(NODES)
        await other.worker.step()
        script.deaf, script.broadcast = set(), []
        script.run(2, init0_dead=True)
        await one.worker.step()
        await one.come_on_air()
        for _ in range(120):
            await other.worker.step()
            script.run(1)
        await other.worker.step()
        assert len(script.transactions) == 1
        [rotation] = (await other.record()).rotations
        assert rotation.outcome is Outcome.ON_AIR


async def test_old_transaction_does_not_undo_what_was_done_since(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    async with company(tmp_path, script) as (_, other):
        await other.post(ALPHA)
        script.deaf = set(NODES)
        await other.worker.step()
        assert await other.words("step") == ["broadcast"]
    script.deaf, script.broadcast = set(), []
    script.put_on_air(BETA)
    script.run(20)
    script.put_on_air(ALPHA)
    script.run(3)
    async with company(tmp_path, script) as (_, other):
        await other.worker.step()
        assert script.transactions == []
