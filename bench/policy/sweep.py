"""What `preempt_after` and the lead of a planned rotation cost and save.

`python -m bench.policy.sweep [TROUBLES [SEED]]` plays as many failures and as many blips with each
pair of values and prints a table. It is no part of `make bench`.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.policy import lost_by_failures, standard_error, switches_in_blips
from bench.policy.play import Setup
from bench.policy.stage import Stage
from switcher import moment
from switcher.settings import Policy

TROUBLES, SEED = 4000, 1
PREEMPT_AFTER = (8, 10, 13, 16)
LEADS = (0.6, 1.2, 2.0)
_HEADING = "preempt_after  lead  lost per failure  needless per 1000 blips"


def sweep(troubles: int, seed: int) -> Iterator[str]:
    """Yield the table's lines as they come to be known; all rest on the same troubles."""
    yield _HEADING
    for lead in LEADS:
        for seconds in PREEMPT_AFTER:
            setup = Setup(policy=Policy(arm=True, preempt_after=seconds))
            stage = Stage(seed)
            with _lead(lead):
                lost = lost_by_failures(stage, troubles, setup)
                needless = sum(switches_in_blips(stage, troubles, setup))
            yield (
                f"{seconds:>11} s {lead:>5} s {statistics.fmean(lost):>9.3f} ± "
                f"{standard_error(lost):.3f}{1000 * needless / troubles:>24.1f}"
            )


@contextmanager
def _lead(seconds: float) -> Iterator[None]:
    """Have rotations planned with another lead for a while."""
    before, moment.LEAD = moment.LEAD, seconds
    try:
        yield
    finally:
        moment.LEAD = before


def main() -> None:
    """Print the table."""
    given = [int(argument) for argument in sys.argv[1:]]
    troubles, seed = [*given, *(TROUBLES, SEED)[len(given) :]]
    for line in sweep(troubles, seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
