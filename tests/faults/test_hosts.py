"""Hosts that seem well and are not, and hosts that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devnet.keys import DevKey
from tests.faults.checks import updates
from tests.faults.stage import on_stage
from tests.faults.timings import timings


async def test_backup_that_never_signs_costs_one_needless_rotation(tmp_path: Path) -> None:
    unheld = DevKey("held by no host").text("BTS")
    async with on_stage(tmp_path, keys={"beta": unheld}, dead=["alpha"]) as stage:
        await stage.books.until_word("never_signed")
        pages = await stage.settled(rotated_to=[None, "gamma"])
        assert [update.key for update in updates(stage.net)] == [unheld, stage.key("gamma")]
        assert [r.draft.producer for r in pages.rotations] == ["beta", "gamma"]


@dataclass(frozen=True)
class Flapping:
    """A host that is away for half of every period (seconds), so many times over."""

    name: str
    period: float
    times: int
    policy: Mapping[str, Any] = field(default_factory=dict)
    prometheus: bool = False

    def __str__(self) -> str:
        return self.name


FOR_A_MINUTE = Flapping("every 20 s", 20, 3, {"missed_blocks": 3}, prometheus=True)
FOR_MINUTES = Flapping("every 20 s for minutes", 20, 9, {"missed_blocks": 3}, prometheus=True)
OFTEN = Flapping("often", 6, 3)
WITH_RETURN = Flapping(
    "every 20 s, with a way back",
    20,
    9,
    {"missed_blocks": 3, "return_after": "60s"},
    prometheus=True,
)


@timings("flapping", FOR_A_MINUTE, FOR_MINUTES, OFTEN, WITH_RETURN)
async def test_flapping_host_costs_one_needless_rotation_at_most(
    tmp_path: Path, flapping: Flapping
) -> None:
    async with on_stage(tmp_path, policy=flapping.policy, prometheus=flapping.prometheus) as stage:
        for _ in range(flapping.times):
            await stage.net.nodes["alpha"].kill()
            await asyncio.sleep(flapping.period / 2)
            await stage.net.nodes["alpha"].heal()
            await asyncio.sleep(flapping.period / 2)
        done = [update.host for update in updates(stage.net)]
        assert done in ([], ["beta"])
        await stage.settled(rotated_to=done)
