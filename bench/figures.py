"""Small arithmetic and readings that several measurements share."""

from __future__ import annotations

import math
import os
import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from understudy.stack import Program

_RESAMPLES = 10_000
_KIB_PER_MB = 1_000_000 / 1024


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return round(statistics.fmean(values), 3) if values else None


def median(values: Sequence[float]) -> float | None:
    """Return the median, None of nothing."""
    return round(statistics.median(values), 3) if values else None


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float | int]:
    """Return how far readings of one figure were apart: {"median", "min", "max", "runs"}."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
        "runs": len(values),
    }


def over_runs(runs: Sequence[Mapping[str, float]], digits: int = 3) -> dict[str, Any]:
    """Return each figure's median over several runs that found the same figures.

    Under "spread" is how far they were apart, figure by figure (see `spread`). What is held against
    something else is a ratio within each run, so that it is the ratios that are spread.
    """
    spreads = {name: spread([run[name] for run in runs], digits) for name in runs[0]}
    return {**{name: each["median"] for name, each in spreads.items()}, "spread": spreads}


def together(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of several parts of a measurement as one, their spreads, too."""
    figures = {name: value for part in parts for name, value in part.items()}
    spreads = {name: each for part in parts for name, each in part.get("spread", {}).items()}
    return {**figures, "spread": spreads} if spreads else figures


def mean_interval(values: Sequence[float], seed: int) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean, None of nothing.

    By resampling (the percentile bootstrap), so that nothing is assumed of how the values spread.
    """
    if not values:
        return None
    draw = random.Random(seed)
    means = [statistics.fmean(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES)]
    return round(percentile(means, 2.5), 3), round(percentile(means, 97.5), 3)


def resident_mb(program: Program) -> float:
    """Return the resident memory of a running program in MB."""
    return resident_mb_of(program.pid)


def resident_mb_of(process: int | None = None, *, peak: bool = False) -> float:
    """Return the resident memory of a process in MB (proc(5), VmRSS); None: of this one.

    `peak` asks for the most that it ever was (VmHWM).

    Raises:
        ProcessLookupError: it has ended.
    """
    wanted = "VmHWM:" if peak else "VmRSS:"
    status = Path(f"/proc/{process or 'self'}/status")
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith(wanted):
            return round(int(line.split()[1]) / _KIB_PER_MB, 1)
    raise ProcessLookupError(f"process {process} has ended")


def processor_seconds_of(process: int) -> float:
    """Return the seconds that a process has had on a processor (proc(5), utime and stime).

    Raises:
        ProcessLookupError: it has ended.
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ProcessLookupError(f"process {process} has ended") from error
    fields = text.rpartition(")")[2].split()  # the name, which may hold anything, is in brackets
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
