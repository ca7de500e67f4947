"""Two or three of every program: any one of them dies with the host, and there is one rotation.

Each failover begins where the last one ended. `make faults` tries the other programs, and others
moments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bench.postgresql import Cluster
from tests.support.watchers import Watch, on_watch
from understudy.stack import Program

pytestmark = pytest.mark.stack


async def acting(watch: Watch) -> Program:
    return await watch.acting()


async def standing_by(watch: Watch) -> Program:
    acts = await watch.acting()
    return next(switcher for switcher in watch.stack.switchers if switcher is not acts)


async def a_prometheus(watch: Watch) -> Program:
    return watch.stack.prometheuses[1]


async def an_alertmanager(watch: Watch) -> Program:
    return watch.stack.alertmanagers[0]


VICTIMS: tuple[Callable[[Watch], Awaitable[Program]], ...] = (
    a_prometheus,
    standing_by,
    acting,
    an_alertmanager,
)


async def test_whoever_dies_with_the_host_there_is_one_rotation(
    tmp_path: Path, postgresql: Cluster, postgresql_url: str
) -> None:
    async def restart_database() -> None:
        postgresql.crash()
        postgresql.start()

    async with on_watch(tmp_path, database=postgresql_url) as watch:
        await watch.well()
        async with watch.crash(restart_database()):
            await watch.settled()
        for find in VICTIMS:
            await watch.well()
            victim = await find(watch)
            print(f"killed with {await watch.on_air()}: {victim.name}, {find.__name__}")
            async with watch.crash(victim.kill()):
                await watch.settled()
            await victim.start()
        # Late alerts about any of them lead to nothing more.
        await watch.chain.wait_blocks(5)
        await watch.settled()
