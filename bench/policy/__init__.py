"""What the policy is worth: thousands of failures and blips in virtual time.

What is decided, and upon what, is the switcher's own code before the follower's own chain; the
troubles follow from a seed.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.bars import Bar, judge
from bench.figures import mean, spread
from bench.news import say
from bench.policy.alerts import Path
from bench.policy.play import Setup
from bench.policy.polling import lost_by_polling
from bench.policy.stage import Stage
from bench.policy.trouble import Kind
from bench.polling import QUICK, USUAL

BARS = (
    Bar("failures", least=2000),
    Bar("lost_blocks_per_crash", most=0.25),
    Bar("lost_blocks_by_kind.crash", most=0.25),
    Bar("lost_blocks_by_kind.freeze", most=0.25),
    Bar("lost_blocks_by_kind.cut_off", most=0.25),
    Bar("lost_blocks_by_kind.forked", most=0.25),
    Bar("never_signs_lost_blocks_by_backup", most=1),
)
TOLD = (
    "needless_switches",
    "slow_rules_lost_blocks_per_crash",
    "three_gone_lost_blocks_per_crash",
    "plain_lost_blocks_per_crash",
    "polling_lost_blocks_per_crash",
    "quick_polling_lost_blocks_per_crash",
    "never_signs_lost_blocks_per_crash",
)
FAILURES = 2000
"""Also the number of blips."""

PARTS = 10
"""Of these, the means of which tell how far runs of so many fewer failures would be apart."""

GONE = 3
"""Other witnesses without a host, to see what becomes of ours in a network that is not whole."""

SHIPPED = Setup()
SETUPS = {
    "shipped": SHIPPED,
    "plain": replace(SHIPPED, endpoints=False),
    "silent": replace(SHIPPED, silent=True),
    "slow": replace(SHIPPED, path=Path(scrape=15.0, evaluation=15.0, hold=15.0)),
}
"""Those before which the failures are played."""


async def measure(failures: int = FAILURES, seed: int | None = None) -> dict[str, Any]:
    """Return the figures of `understudy bench policy`."""
    began = time.monotonic()
    seed = random.randrange(10**6) if seed is None else seed
    say(f"policy: seed {seed}, {failures} failures and as many blips")
    stage = Stage(seed)
    figures = _failures(stage, failures)
    thinned = lost_by_failures(Stage(seed, GONE), failures, SHIPPED)
    switches = switches_in_blips(stage, failures, SHIPPED)
    told = {
        "seed": seed,
        **figures,
        "three_gone_lost_blocks_per_crash": mean(thinned),
        "blips": failures,
        "switches_in_blips": len(switches),
        "needless_switches": sum(switches),
        "seconds": round(time.monotonic() - began, 1),
    }
    return judge("policy", told, BARS)


def _failures(stage: Stage, count: int) -> dict[str, Any]:
    lost: dict[str, list[int]] = {name: [] for name in (*SETUPS, "polling", "quick")}
    by_kind: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    by_silent: list[int] = []
    for trouble, line in stage.troubles(count, blips=False):
        results = {name: stage.play(trouble, line, setup) for name, setup in SETUPS.items()}
        for name, result in results.items():
            lost[name].append(len(result.lost))
        by_kind[trouble.kind].append(len(results["shipped"].lost))
        by_silent.append(results["silent"].lost_after_first)
        lost["polling"].append(lost_by_polling(line, trouble, USUAL))
        lost["quick"].append(lost_by_polling(line, trouble, QUICK))
    means = {
        "lost_blocks_per_crash": lost["shipped"],
        "slow_rules_lost_blocks_per_crash": lost["slow"],
        "plain_lost_blocks_per_crash": lost["plain"],
        "polling_lost_blocks_per_crash": lost["polling"],
        "quick_polling_lost_blocks_per_crash": lost["quick"],
        "never_signs_lost_blocks_per_crash": lost["silent"],
        "never_signs_lost_blocks_by_backup": by_silent,
    }
    return {
        "failures": count,
        **{name: mean(values) for name, values in means.items()},
        "lost_blocks_standard_error": round(standard_error(lost["shipped"]), 4),
        "lost_blocks_by_kind": {str(kind): mean(each) for kind, each in by_kind.items()},
        "spread": {name: spread(means_of_parts(values)) for name, values in means.items()},
    }


def means_of_parts(values: Sequence[float], parts: int = PARTS) -> list[float]:
    """Return the mean of each of some parts of equal size, or of fewer where there are fewer."""
    each = max(1, len(values) // parts)
    return [
        statistics.fmean(values[first : first + each])
        for first in range(0, len(values) - each + 1, each)
    ]


def lost_by_failures(stage: Stage, count: int, setup: Setup) -> list[int]:
    """Return how many blocks each of some failures cost."""
    return [len(stage.play(*drawn, setup).lost) for drawn in stage.troubles(count, blips=False)]


def switches_in_blips(stage: Stage, count: int, setup: Setup) -> list[bool]:
    """Return for each switch that some blips led to whether it was needless."""
    return [
        switch.was_needless(trouble)
        for trouble, line in stage.troubles(count, blips=True)
        for switch in stage.play(trouble, line, setup).switches
    ]


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean, 0 of fewer than two values."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
