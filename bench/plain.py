"""Failovers by the plain rule on a devnet with 1-second blocks: nothing is known of the hosts."""

from __future__ import annotations

import io
import statistics
import time
from dataclasses import replace

from rich.console import Console

from bench.news import say
from understudy.demo.narrator import Narrator
from understudy.demo.play import PLAIN
from understudy.demo.report import Moments
from understudy.demo.scene import Scene
from understudy.demo.stage import Set, stage
from understudy.errors import StackError

FAILURES = 5

_PATIENCE = 120.0
_POLICY = {"cool_down": "1s", "rotations_per_day": 2 * FAILURES}
_DECISIVE_MISS = 3
_HOSTS = tuple(f"host{number}" for number in range(1, FAILURES + 2))
"""One more than failures: a host without endpoint that failed is not trusted again for an hour."""


async def seconds_miss_to_broadcast() -> float:
    """Return the median from the decisive miss being visible in a block to the broadcast.

    Raises:
        StackError: a failover did not happen.
    """
    network = replace(PLAIN, hosts=_HOSTS)
    async with stage(network, interval="1s", policy=_POLICY, endpoints=False) as running:
        found = [await _failover(running, number) for number in range(1, FAILURES + 1)]
    return round(statistics.median(_miss_to_broadcast(moments) for moments in found), 3)


async def _failover(running: Set, number: int) -> Moments:
    narrator = Narrator(Console(file=io.StringIO()), time.time)
    witness = running.watch.settings.witnesses[0]
    async with running.journal() as journal:
        scene = Scene(running.net, running.watch, witness, journal, narrator)
        off_air = await scene.ready(_PATIENCE)
        seen = await scene.failover(off_air, _PATIENCE)
    await running.net.nodes[off_air].heal()
    if not seen.rotated:
        raise StackError(f"Failover {number} from {off_air} did not happen.")
    say(f"live: plain {number}/{FAILURES}: {seen.as_json()}")
    return scene.moments


def _miss_to_broadcast(moments: Moments) -> float:
    if moments.broadcast is None or len(moments.misses_visible) < _DECISIVE_MISS:
        raise StackError("A failover was reported without all of its moments.")
    return moments.broadcast - moments.misses_visible[_DECISIVE_MISS - 1]
