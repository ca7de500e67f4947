"""What failures cost by who watches: what was seen, beside what the simulation expects of it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.chronicle import Chronicle
from bench.failover import Failover
from bench.figures import drawn_means, mean
from bench.moments import HABITS, Way
from bench.policy import SETUPS
from bench.policy.polling import lost_by_polling
from bench.policy.stage import Stage

_SIMULATED = 500
_COVERED = 99.0
"""Percent of runs that end within the interval if the simulation is right."""

Losses = Mapping[Way, Sequence[int]]
"""Blocks lost by each failure."""


def simulated(seed: int, gone: int, failures: int = _SIMULATED) -> Losses:
    """Play failures in virtual time while so many of the other witnesses have no host."""
    lost: dict[Way, list[int]] = {way: [] for way in Way}
    stage = Stage(seed, gone)
    for trouble, line in stage.troubles(failures, blips=False):
        for way in (Way.SHIPPED, Way.PLAIN):
            lost[way].append(len(stage.play(trouble, line, SETUPS[way]).lost))
        for way, habit in HABITS.items():
            lost[way].append(lost_by_polling(line, trouble, habit))
    return lost


def beside(seen: Losses, expected: Losses, whole: Losses, seed: int) -> dict[str, Any]:
    """Return a row for each way that was seen.

    `expected` is the simulation under the same conditions, `whole` that of a network of which
    nobody else is gone. A row has the mean of `expected` over as many failures as were seen,
    between which figures 99 % of such means lie, and whether the one that was seen does.
    """
    return {str(way): _row(seen[way], expected[way], whole[way], seed) for way in seen}


def _row(
    seen: Sequence[int], expected: Sequence[int], whole: Sequence[int], seed: int
) -> dict[str, Any]:
    low, high = drawn_means(expected, len(seen), _COVERED, seed)
    per_failure = statistics.fmean(seen)
    return {
        "failures": len(seen),
        "lost_blocks": sum(seen),
        "per_failure": mean(seen),
        "simulated": mean(expected),
        "simulated_between": [round(low, 3), round(high, 3)],
        "within": low <= per_failure <= high,
        "simulated_whole": mean(whole),
    }


def others_gone(chronicle: Chronicle, seen: Sequence[Failover]) -> float:
    """Return how many other witnesses had no host while those of some failures were replaced.

    By the slots that stayed empty: as many witnesses' as would miss all of theirs.
    """
    empty = slots = witnesses = 0
    for each in seen:
        ours, moments = each.failure.ring.witness_id, each.moments
        for block in chronicle.blocks():
            if moments.in_block and moments.failed < block.time <= moments.in_block:
                owners = [block.witness, *(slot.witness for slot in block.missed)]
                slots += len(owners)
                empty += sum(slot.witness != ours for slot in block.missed)
                witnesses = len(block.active)
    return empty / slots * witnesses if slots else 0.0
