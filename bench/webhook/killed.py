"""The switcher killed in the middle of its load: nothing that was acknowledged may be gone."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from bench.webhook.place import Place
from bench.webhook.rate import CONNECTIONS, samples
from understudy.errors import StackError

KILLS = 3
ALERTS = 900
_ALIVE = (0.05, 0.4)
"""Seconds within which it is killed once it is ready."""


async def killed(place: Place, seed: int) -> dict[str, Any]:
    """Post as fast as it goes while it is killed and started again; look everything up afterwards.

    Raises:
        StackError: no notification was cut off.
    """
    chance, alerts = random.Random(seed), samples("k", ALERTS)
    posting = asyncio.create_task(place.crowd.post(place.job(alerts, connections=CONNECTIONS)))
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(*_ALIVE))
        await place.switcher.kill()
        await place.switcher.start()
    told = await posting
    if not told.failed:
        raise StackError("No notification was under way when the switcher was killed.")
    return {
        "kills": KILLS,
        "notifications_cut_off": sum(told.failed.values()),
        "acknowledged_across_kills": len(told.acknowledged),
        "acknowledged_lost": len(await place.lost(alerts, told)),
    }
