"""What a measurement was taken on: the machine, versions, our commit, and what else was going on.

No path and no name of the machine is told, since the results are published.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import TICKS
from understudy.errors import StackError
from understudy.stack import Tools

PROJECT = Path(__file__).parent.parent
_NO_MATTER = ("bench/results.json", "docs", "*.md")
"""What of the project changes no figure, so that a measurement's own results make nothing dirty."""

_VERSION = re.compile(r"\d+(?:\.\d+)+")


def machine() -> dict[str, Any]:
    """Return {"cpu", "cores", "memory_gb", "kernel"}; cores are those that may be used."""
    return {
        "cpu": _told("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
    }


def versions() -> dict[str, str | None]:
    """Return the versions of what is measured with; None: it isn't there."""
    try:
        tools = Tools.find()
    except StackError:
        prometheus = alertmanager = None
    else:
        prometheus, alertmanager = str(tools.prometheus), str(tools.alertmanager)
    return {
        "python": platform.python_version(),
        "os": platform.freedesktop_os_release().get("PRETTY_NAME"),
        "prometheus": _version(prometheus),
        "alertmanager": _version(alertmanager),
        "chromium": _version(shutil.which("chromium")),
        "postgresql": _version(shutil.which("postgres")),
    }


def commit() -> dict[str, Any]:
    """Return {"commit", "dirty"}: ours, and whether the code differs from it; None: no git here."""
    others = [f":!{path}" for path in _NO_MATTER]
    changed = _git("status", "--porcelain", "--", ".", *others)
    return {"commit": _git("rev-parse", "HEAD"), "dirty": None if changed is None else changed > ""}


def committed(path: Path) -> str | None:
    """Return what a file of the project holds in the last commit, None: nothing."""
    return _git("show", f"HEAD:{path.relative_to(PROJECT).as_posix()}")


def _processor() -> tuple[float, float, float]:
    """Return seconds of all processors: those that were busy, stolen ones, and ours (proc(5))."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    user, nice, system, _, _, irq, softirq, steal = (int(word) for word in line.split()[1:9])
    busy = (user + nice + system + irq + softirq) / TICKS
    usages = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return busy, steal / TICKS, sum(usage.ru_utime + usage.ru_stime for usage in usages)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What the machine did since it was made: see `told`."""

    began: float = field(default_factory=time.monotonic)
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))
    _spent: tuple[float, float, float] = field(default_factory=_processor)

    def told(self) -> dict[str, Any]:
        """Return {"seconds", "load_begin", "load_end", "cores_others", "cores_stolen"}.

        Loads are those of the last minute; ours is part of them. `cores_others` is how many cores
        other programs had on average, those of ours that nobody waited for among them, and
        `cores_stolen` how many other machines on the same hardware took away.
        """
        seconds = time.monotonic() - self.began
        busy, stolen, ours = (
            now - then for now, then in zip(_processor(), self._spent, strict=True)
        )
        return {
            "seconds": round(seconds, 1),
            "load_begin": self.load,
            "load_end": round(os.getloadavg()[0], 2),
            "cores_others": round(max(0.0, busy - ours) / max(seconds, 0.1), 2),
            "cores_stolen": round(stolen / max(seconds, 0.1), 2),
        }


def _told(file: str, name: str) -> str | None:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return None


def _version(program: str | None) -> str | None:
    if program is None:
        return None
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = _VERSION.search(asked.stdout + asked.stderr)
    return found[0] if found else None


def _git(*words: str) -> str | None:
    if shutil.which("git") is None:
        return None
    asked = subprocess.run(
        ["git", "-C", str(PROJECT), *words], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else None
