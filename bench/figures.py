"""Small arithmetic and readings that several measurements share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from understudy.stack import Program

_KIB_PER_MB = 1_000_000 / 1024


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def resident_mb(program: Program) -> float:
    """Return the resident memory of a running program in MB (proc(5), VmRSS)."""
    for line in Path(f"/proc/{program.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / _KIB_PER_MB, 1)
    raise ProcessLookupError(f"{program.name} has ended")
