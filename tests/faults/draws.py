"""Random moments: every run tells its seed, and SEED=N draws the same again."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping

from understudy.stack import Program

_SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))


def draw(run: object) -> random.Random:
    """Return the random numbers of a run, which say on standard output where they come from."""
    print(f"run {run} with SEED={_SEED}")
    return random.Random(f"{_SEED} {run}")


async def kill_one(programs: Mapping[str, Program], chance: random.Random, within: float) -> str:
    """Kill one of several programs at a moment within so many seconds, and start it again.

    Returns which one and when, as it is also said on standard output.
    """
    name, moment = chance.choice(sorted(programs)), chance.uniform(0, within)
    told = f"{name} killed after {moment:.2f} s"
    print(told)
    await asyncio.sleep(moment)
    await programs[name].kill()
    await programs[name].start()
    return told
