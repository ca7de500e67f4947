"""The webhook: notifications made durable a second, and the one that matters in a storm of others.

The switcher is the real one in a process of its own, on a devnet that another makes; who posts is a
third, which keeps its connections as Alertmanager does. A notification counts once it was answered
with 202 and what the answer says was found in the journal's own file.
"""

from __future__ import annotations

from typing import Any

from bench.bars import Bar, judge
from bench.figures import over_runs, together
from bench.news import say
from bench.webhook import storm
from bench.webhook.killed import killed
from bench.webhook.place import place
from bench.webhook.rate import one_round

ROUNDS = STORMS = 5
_WRITES_ALL = {"incidents_per_hour": 1_000_000}
"""What is counted are notifications that are written down: the shipped bound would end that."""

BARS = (
    Bar("durable_per_second", least=300),
    Bar("storm_ratio", most=1.5),
    Bar("acknowledged_lost", most=0),
)
TOLD = (
    "p50_ms",
    "p99_ms",
    "processor_ms",
    "batched_alerts_per_second",
    "idle_act_seconds",
    "storm_act_seconds",
    "storm_answer_ms",
    "storm_acknowledged_per_second",
    "storm_p50_ms",
    "storm_p99_ms",
    "storm_peak_mb",
    "storm_journal_mb",
)


async def measure(seed: int = 1) -> dict[str, Any]:
    """Return the figures of `understudy bench webhook`.

    Raises:
        StackError: a program did not start, or something was not done that has to be.
    """
    async with place(switcher=_WRITES_ALL) as here:
        rounds = []
        for number in range(ROUNDS):
            rounds.append(await one_round(here, number))
            say(f"webhook: {number + 1}/{ROUNDS}: {rounds[-1]}")
        say("webhook: the switcher is killed under load")
        lost = await killed(here, seed)
    waves = []
    for number in range(STORMS):
        say("webhook: hosts die, nobody is told; then a storm")
        async with place() as here:
            waves.append(await storm.wave(here))
        say(f"webhook: {number + 1}/{STORMS}: {waves[-1]}")
    figures = together({"rounds": ROUNDS, **over_runs(rounds)}, storm.figures(waves), lost)
    return judge("webhook", figures, BARS)
