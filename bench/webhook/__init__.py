"""The webhook."""

from __future__ import annotations

from typing import Any

from bench.bars import Bar, judge
from bench.news import say
from bench.webhook.place import place
from bench.webhook.rate import figures, one_round

ROUNDS = 5
BARS = (Bar("durable_per_second", least=300), Bar("storm_ratio", most=1.5))


async def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    async with place() as here:
        done = []
        for number in range(rounds):
            done.append(await one_round(here, number))
            say(str(done[-1].per_second) + str(done[-1].batched))
        return judge("webhook", figures(done), BARS)
