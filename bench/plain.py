"""Failovers by the plain rule on a devnet with 1-second blocks, beside a switcher that polls.

Nothing is known of the hosts but their keys, so that both wait for the third miss.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from bench.acts import Act, Play, cast, orders
from bench.failover import Failover
from bench.faults import FAILURES as KINDS
from bench.moments import Way
from bench.opponent import opponent
from bench.polling import USUAL
from bench.theatre import theatre
from devnet.settings import DevnetSettings

FAILURES = 5
_BOTH = (Way.PLAIN, Way.POLLING)
_NETWORK = DevnetSettings(
    witnesses=7,
    interval=1,
    rings=len(_BOTH),
    hosts=tuple(f"host{number}" for number in range(1, FAILURES + 2)),
    prehistory=60,
)
"""One host more than failures: by the plain rule, one that failed is not trusted for an hour."""

_POLICY = {"cool_down": "1s", "rotations_per_day": 2 * FAILURES}
_PAUSE = (0.0, USUAL.period)
"""Seconds before each failure, so that it comes at any moment between two polls."""


async def plain_failovers(draw: random.Random) -> Sequence[Failover]:
    """Return what was seen of failures, of which each struck a witness of either at one moment.

    Raises:
        StackError: the stack failed.
    """
    played = cast(_NETWORK, dict.fromkeys(_BOTH, 1))
    watched = played[Way.PLAIN]
    acts = [Act(KINDS[number % len(KINDS)], _BOTH) for number in range(FAILURES)]
    running = theatre(_NETWORK, interval="1s", policy=_POLICY, endpoints=False, watched=watched)
    async with running as stage:
        net = stage.running.net
        async with opponent(net, orders(net, played, draw)) as seen:
            return await Play(stage, seen, played, len(_BOTH), draw).run(acts, _PAUSE)
