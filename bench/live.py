"""Failures of the host on air before the whole real stack, beside switchers that poll.

Five by the plain rule at 1-second blocks (`bench.plain`), then twenty on a network as large and as
slow as the public one, at the intervals that are shipped. Every fourth of those is accompanied: at
the same moment and in the same way the host on air of a witness fails of which Understudy knows
nothing but the keys, and of two whom switchers watch that poll.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from bench.acts import Act, Play, cast, orders
from bench.bars import Bar, judge
from bench.beside import beside, others_gone, simulated
from bench.failover import Failover
from bench.faults import FAILURES as KINDS
from bench.figures import together
from bench.moments import Way
from bench.news import say
from bench.opponent import opponent
from bench.outcome import (
    ONE_SECOND,
    THREE_SECONDS,
    losses,
    plain_figures,
    polling_figures,
    shipped_figures,
    stage_figures,
    stage_names,
)
from bench.plain import plain_failovers
from bench.processes import resident_mb
from bench.theatre import NETWORK, theatre

BARS = (
    Bar("failures", least=20),
    Bar("replaced", least=20),
    Bar("median_seconds_miss_to_broadcast", most=2.5),
    Bar("expected_lost_blocks", most=0.25),
    *(Bar(f"by_policy.{way}.within", least=1) for way in Way),
    Bar("exporter_rss_mb", most=100),
    Bar("switcher_rss_mb", most=150),
)
TOLD = (
    *stage_names(ONE_SECOND, Way.PLAIN),
    *stage_names(ONE_SECOND, Way.POLLING),
    *stage_names(THREE_SECONDS, Way.SHIPPED),
    f"stages.{THREE_SECONDS}.{Way.PLAIN}.failed_to_on_air_seconds",
    f"stages.{THREE_SECONDS}.{Way.POLLING}.failed_to_on_air_seconds",
    "median_seconds_kill_to_decision",
    "median_seconds_broadcast_to_in_force",
    "lost_blocks",
    "expected_lost_blocks_strict",
    "polling_failures",
    "polling_lost_blocks",
    "polling_lost_blocks_ratio",
    "polling_failure_to_on_air_ratio",
    "polling_miss_to_broadcast_ratio",
    "polling_miss_to_on_air_ratio",
    "others_gone",
    *(
        f"by_policy.{way}.{figure}"
        for way in Way
        for figure in ("failures", "per_failure", "simulated", "simulated_whole")
    ),
)
FAILURES = 20
_EVERY = 4
"""Each how many-th failure is accompanied."""

_ACCOMPANIED = 6
"""How many are, at most: by the plain rule a host that failed is not trusted again for an hour."""

_RINGS = {Way.SHIPPED: 5, Way.PLAIN: 3, Way.POLLING: 3, Way.QUICK: 2}
_PAUSE = (28.0, 42.0)
"""Seconds from one failure to the next."""

_OFF_AIR = 5
"""Witnesses that may be without a host at once; more would be the network's trouble."""


async def measure(failures: int = FAILURES, seed: int | None = None) -> dict[str, Any]:
    """Return the figures of `understudy bench live`.

    The hosts, the order of the rings and the moments of the failures follow from the seed.

    Raises:
        StackError: the stack or a plain failover failed.
    """
    seed = random.randrange(10**6) if seed is None else seed
    say(f"live: seed {seed}")
    draw = random.Random(seed)
    plain = await plain_failovers(draw)
    seen, gone, memory = await _failovers(failures, draw)
    say("live: the same failures in virtual time")
    lost = losses(seen)
    expected, whole = simulated(seed, round(gone)), simulated(seed, 0)
    figures = together(
        {"seed": seed},
        plain_figures(plain),
        shipped_figures([each for each in seen if each.way is Way.SHIPPED], seed),
        polling_figures(seen),
        {"others_gone": round(gone, 2), "by_policy": beside(lost, expected, whole, seed)},
        stage_figures(plain, seen),
        memory,
    )
    return judge("live", figures, BARS)


async def _failovers(
    failures: int, draw: random.Random
) -> tuple[list[Failover], float, dict[str, float]]:
    """Return what was seen, how many others were gone meanwhile, and the memory in MB."""
    network = replace(NETWORK, rings=sum(_RINGS.values()))
    played = cast(network, _RINGS)
    known = played[Way.SHIPPED]
    watched = (*known, *played[Way.PLAIN])
    async with theatre(network, endpoints=known, watched=watched) as stage:
        net, stack = stage.running.net, stage.running.stack
        async with opponent(net, orders(net, played, draw)) as rivals:
            play = Play(stage, rivals, played, _OFF_AIR, draw)
            seen = await play.run([_act(number) for number in range(failures)], _PAUSE)
        shipped = [each for each in seen if each.way is Way.SHIPPED]
        memory = {
            "exporter_rss_mb": resident_mb(stack.exporter),
            "switcher_rss_mb": resident_mb(stack.switcher),
        }
        return seen, others_gone(stage.chronicle, shipped), memory


def _act(number: int) -> Act:
    """Return the act of a number from 0 on; those accompanied are of each kind in turn."""
    turn, alone = divmod(number, _EVERY)
    kind = KINDS[(number + turn) % len(KINDS)]
    return Act(kind, (Way.SHIPPED,) if alone or turn >= _ACCOMPANIED else tuple(Way))
