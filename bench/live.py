"""Failovers of the whole real stack on a devnet with 1-second blocks, by the plain rule."""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from bench.figures import resident_mb
from understudy.demo.journal import JournalReader
from understudy.demo.narrator import Narrator
from understudy.demo.play import STAGE, Set, stage
from understudy.demo.report import Moments, Report
from understudy.demo.scene import Scene
from understudy.errors import StackError

FAILURES = 5
_PATIENCE = 120.0
_POLICY = {"cool_down": "1s", "rotations_per_day": 2 * FAILURES}
_DECISIVE_MISS = 3


@dataclass(frozen=True, slots=True)
class Failover:
    """One failover: what was reported, and when things happened."""

    report: Report
    moments: Moments


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench live`.

    Raises:
        StackError: a failover did not happen.
    """
    async with stage(STAGE, interval="1s", policy=_POLICY) as running:
        failovers = [await _failover(running, number) for number in range(1, FAILURES + 1)]
        return {
            "failures": len(failovers),
            "median_seconds_miss_to_broadcast": _median(failovers, _miss_to_broadcast),
            "median_seconds_kill_to_decision": _median(failovers, _kill_to_decision),
            "median_seconds_broadcast_to_in_force": _median(failovers, _broadcast_to_in_force),
            "lost_blocks": sum(failover.report.missed_blocks for failover in failovers),
            "exporter_rss_mb": resident_mb(running.stack.exporter),
            "switcher_rss_mb": resident_mb(running.stack.switcher),
        }


async def _failover(running: Set, number: int) -> Failover:
    narrator = Narrator(Console(file=io.StringIO()), time.time)
    witness = running.watch.settings.witnesses[0]
    stack = running.stack
    async with JournalReader(stack.switcher_url, stack.written.client_token) as journal:
        scene = Scene(running.net, running.watch, witness, journal, narrator)
        off_air = await scene.ready(_PATIENCE)
        seen = await scene.failover(off_air, _PATIENCE)
    await running.net.nodes[off_air].heal()
    if not seen.rotated:
        raise StackError(f"Failover {number} from {off_air} did not happen.")
    print(f"live {number}/{FAILURES}: {seen.as_json()}", file=sys.stderr, flush=True)
    return Failover(seen, scene.moments)


def _miss_to_broadcast(moments: Moments) -> float:
    return _required(moments.broadcast) - moments.misses_visible[_DECISIVE_MISS - 1]


def _kill_to_decision(moments: Moments) -> float:
    return _required(moments.decided) - moments.killed


def _broadcast_to_in_force(moments: Moments) -> float:
    return _required(moments.confirmed) - _required(moments.broadcast)


def _median(failovers: list[Failover], figure: Callable[[Moments], float]) -> float:
    return round(statistics.median(figure(failover.moments) for failover in failovers), 3)


def _required(moment: float | None) -> float:
    if moment is None:
        raise StackError("A failover was reported without all of its moments.")
    return moment
