"""Failures of the host on air before the whole real stack, and what each of them costs.

Five by the plain rule at 1-second blocks (`bench.plain`), then twenty on a network as large and as
slow as the public one, at the intervals that are shipped.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from typing import Any

from bench.bars import Bar, judge
from bench.failover import Failover, failover
from bench.faults import FAILURES as KINDS
from bench.figures import mean, mean_interval, median, resident_mb
from bench.news import say
from bench.plain import seconds_miss_to_broadcast
from bench.polling import PERIOD, polling_loss
from bench.theatre import NETWORK, ROUND_SECONDS, Theatre, theatre

BARS = (
    Bar("failures", least=20),
    Bar("replaced", least=20),
    Bar("median_seconds_miss_to_broadcast", most=2.5),
    Bar("lost_blocks_per_failure", most=0.25),
    Bar("expected_lost_blocks", most=0.25),
    Bar("exporter_rss_mb", most=100),
    Bar("switcher_rss_mb", most=150),
)
TOLD = (
    "median_seconds_kill_to_decision",
    "median_seconds_broadcast_to_in_force",
    "lost_blocks",
    "expected_lost_blocks_strict",
    "polling_lost_blocks",
)
FAILURES = 20
_PAUSE = (25.0, 40.0)
"""Seconds from one failure to the next."""

_OFF_AIR = 4
"""Witnesses that may be without a host at once; more would be the network's trouble."""


async def measure(failures: int = FAILURES, seed: int | None = None) -> dict[str, Any]:
    """Return the figures of `understudy bench live`.

    The hosts, the order of the rings and the moments of the failures follow from the seed.

    Raises:
        StackError: the stack or a plain failover failed.
    """
    seed = random.randrange(10**6) if seed is None else seed
    say(f"live: seed {seed}")
    plain = await seconds_miss_to_broadcast()
    draw = random.Random(seed)
    async with theatre() as running:
        seen = await _all_failures(running, failures, draw)
        say("live: waiting until a polling switcher would have replaced the last ones")
        polling = [await _polling_loss(running, each, draw.uniform(0, PERIOD)) for each in seen]
        stack = running.running.stack
        memory = {
            "exporter_rss_mb": resident_mb(stack.exporter),
            "switcher_rss_mb": resident_mb(stack.switcher),
        }
    figures = {
        "seed": seed,
        "median_seconds_miss_to_broadcast": plain,
        **_figures(seen, seed),
        "polling_lost_blocks": sum(polling),
        "by_kind": {
            kind: _figures([each for each in seen if each.fault is kind], seed) for kind in KINDS
        },
        **memory,
    }
    return judge("live", figures, BARS)


async def _all_failures(running: Theatre, failures: int, draw: random.Random) -> list[Failover]:
    """Let hosts fail, one ring after the other; a ring comes again once it is whole."""
    rings = list(running.witnesses)
    draw.shuffle(rings)
    whole: asyncio.Queue[Any] = asyncio.Queue()
    for witness in rings:
        whole.put_nowait(witness)
    off_air = asyncio.Semaphore(_OFF_AIR)

    async def one(number: int, witness: Any) -> Failover:
        kind = KINDS[number % len(KINDS)]
        seen = await failover(running, witness, number + 1, kind, off_air)
        whole.put_nowait(witness)
        return seen

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(failures):
            await asyncio.sleep(draw.uniform(*_PAUSE))
            tasks.append(group.create_task(one(number, await whole.get())))
            say(f"live: failure {number + 1} of {failures}")
    return [task.result() for task in tasks]


async def _polling_loss(running: Theatre, seen: Failover, phase: float) -> int:
    chronicle, witness = running.chronicle, running.witness_id(seen.account)

    def reckon() -> int | None:
        slots, blocks = chronicle.slots(witness, seen.killed), chronicle.blocks()
        return polling_loss(slots, blocks, witness, killed=seen.killed, phase=phase)

    return await chronicle.news.until(reckon)


def _figures(seen: Sequence[Failover], seed: int) -> dict[str, Any]:
    lost = sum(each.lost for each in seen)
    decided = _known(each.kill_to_decision for each in seen)
    in_force = _known(each.broadcast_to_in_force for each in seen)
    expected = _known(_expected_loss(each) for each in seen)
    strict = [slots / NETWORK.witnesses for slots in _known(e.slots_without_host for e in seen)]
    return {
        "failures": len(seen),
        "replaced": sum(each.successor is not None for each in seen),
        "median_seconds_kill_to_decision": median(decided),
        "median_seconds_broadcast_to_in_force": median(in_force),
        "lost_blocks": lost,
        "lost_blocks_per_failure": mean([each.lost for each in seen]),
        "expected_lost_blocks": mean(expected),
        "expected_lost_blocks_interval": mean_interval(expected, seed),
        "expected_lost_blocks_strict": mean(strict),
        "expected_lost_blocks_strict_interval": mean_interval(strict, seed),
    }


def _expected_loss(seen: Failover) -> float | None:
    """Return how likely the witness' one slot of a round falls where nobody can sign it."""
    decided, in_force = seen.kill_to_decision, seen.broadcast_to_in_force
    if decided is None or in_force is None:
        return None
    return (decided + in_force) / ROUND_SECONDS


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
