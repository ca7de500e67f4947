"""From a clone to a failover that is seen: `git clone` and `make demo`, as on a new machine.

Home is empty, so that nothing is cached, and neither this project's environment nor its tools are
found. Packages are fetched from where this machine fetches them, which takes most of the time.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from bench.bars import Bar, judge
from bench.news import say
from bench.surroundings import PROJECT
from understudy.errors import StackError

BARS = (Bar("failover_seen_seconds", most=180),)
TOLD = ("clone_seconds", "tools_seconds", "killed_seconds", "sent_seconds", "seconds")

_MOMENTS = {
    "tools": "setup: Prometheus",
    "killed": "kill",
    "sent": "sent",
    "failover_seen": "signs",
}
"""What begins the line that tells of each, in their order; the demonstration puts a time before."""

_OURS = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "XDG_CACHE_HOME", "PIP_CACHE_DIR", "MAKEFLAGS")


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench first_sight`, seconds since the clone was begun.

    Raises:
        StackError: the clone or the demonstration failed.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder, began = Path(name), time.monotonic()
        (folder / "home").mkdir()
        environment = environment_of(os.environ, folder / "home")
        clone = str(folder / "understudy")
        async for _ in _told(["git", "clone", "--quiet", str(PROJECT), clone], environment):
            pass
        figures = {"clone_seconds": time.monotonic() - began}
        before = _processor()
        lines = _told(["make", "-C", clone, "demo"], environment)
        figures |= await moments(lines, lambda: time.monotonic() - began)
        figures["processor_seconds"] = _processor() - before
    rounded = {figure: round(seconds, 1) for figure, seconds in figures.items()}
    return judge("first_sight", rounded, BARS)


def environment_of(given: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment of somebody who has never been here."""
    kept = {name: value for name, value in given.items() if name not in _OURS}
    own = str(PROJECT)
    path = [part for part in kept["PATH"].split(os.pathsep) if not _of_a_project(part, own)]
    return {**kept, "PATH": os.pathsep.join(path), "HOME": str(home), "PYTHONUNBUFFERED": "1"}


async def moments(lines: AsyncIterator[str], elapsed: Callable[[], float]) -> dict[str, float]:
    """Return when each moment was told, as `elapsed` tells the seconds, and the end.

    Raises:
        StackError: one of them never was.
    """
    missing, figures = list(_MOMENTS), dict[str, float]()
    async for line in lines:
        text = line if line.startswith("setup:") else line[10:]
        if missing and text.startswith(_MOMENTS[missing[0]]):
            figures[f"{missing.pop(0)}_seconds"] = elapsed()
    if missing:
        raise StackError(f"The demonstration ended without: {', '.join(missing)}.")
    return {**figures, "seconds": elapsed()}


async def _told(command: list[str], environment: Mapping[str, str]) -> AsyncIterator[str]:
    """Run a program and yield what it prints, line by line."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment
    )
    assert process.stdout
    last = ""
    async for raw in process.stdout:
        last = raw.decode(errors="replace").rstrip()
        say(f"first_sight: {last}")
        yield last
    if await process.wait():
        raise StackError(f"{Path(command[0]).name} failed: {last}")


def _of_a_project(folder: str, own: str) -> bool:
    """Tell whether a folder of PATH belongs to an environment or to tools of a project."""
    parts = Path(folder).parts
    return folder.startswith(own) or ".venv" in parts or ".tools" in parts


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
