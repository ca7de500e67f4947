"""Memory, open files and threads of programs, and how they grow; programs may be started anew.

What grows is told by the slope within each life of a program, once it has warmed up, and all its
lives are put together: one that is killed every ten minutes begins at a small size each time. A
step is no slope: an answer at the limit of what is taken (16 MB) is let go, but its room stays with
the process, once. So the first step of a life is told apart from its slope. What comes in more of
them than one is growth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.processes import resident_mb_in, status_of

_EVERY = 10.0
_WARM = 600.0
"""Seconds of a life after which all that is kept is there: the last ten minutes of blocks."""

_LONG_ENOUGH = 300.0
"""Seconds of readings after that from which a slope is told."""

_STEP = 4.0
"""What is more than so many MB above the reading before is a step."""

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process holds: resident memory in MB, open files, threads."""

    rss_mb: float
    files: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Reading | None:
        """Read a process (proc(5)); None where it has ended."""
        try:
            status = status_of(pid)
            files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            return cls(resident_mb_in(status), files, int(status["Threads"]))
        except OSError:
            return None


@dataclass(slots=True)
class _Life:
    """Sums of one life's readings, from which its slope follows."""

    count: int = 0
    time: float = 0.0
    value: float = 0.0
    squares: float = 0.0
    products: float = 0.0

    def add(self, time: float, value: float) -> None:
        self.count += 1
        self.time += time
        self.value += value
        self.squares += time * time
        self.products += time * value

    @property
    def spread(self) -> float:
        return self.squares - self.time * self.time / self.count if self.count else 0.0

    @property
    def covariance(self) -> float:
        return self.products - self.time * self.value / self.count if self.count else 0.0


@dataclass(slots=True)
class Course:
    """How something that a program holds went: at first, at most, in the end, and its growth."""

    first: float | None = None
    most: float = 0.0
    last: float = 0.0
    step: float | None = None
    """The highest first step of a life; None where no life was long enough for one."""
    _stepped: bool = False
    _spread: float = 0.0
    _covariance: float = 0.0
    _life: _Life = field(default_factory=_Life)

    def begin(self) -> None:
        """Begin another life."""
        self._stepped = False
        self._part()

    def add(self, age: float, value: float) -> None:
        """Take a reading at an age (seconds) of the present life."""
        step = value - self.last
        self.first = value if self.first is None else self.first
        self.most, self.last = max(self.most, value), value
        if age < _WARM:
            return
        self.step = self.step or 0.0
        if step > _STEP and not self._stepped:
            self._stepped = True
            self.step = max(self.step, step)
            self._part()
        self._life.add(age, value)

    def _part(self) -> None:
        self._spread += self._life.spread
        self._covariance += self._life.covariance
        self._life = _Life()

    def per_hour(self) -> float | None:
        """Return the growth per hour of a life; None where no life was long enough to tell."""
        spread = self._spread + self._life.spread
        if spread < _LONG_ENOUGH**3 / 12 / _EVERY:  # that of evenly spaced readings
            return None
        return round((self._covariance + self._life.covariance) / spread * _HOUR, 2)

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "first": self.first,
            "most": self.most,
            "last": self.last,
            "step": None if self.step is None else round(self.step, 1),
            "per_hour": self.per_hour(),
        }


@dataclass
class Gauge:
    """Reads one program; `pid` tells its process id, which changes with each start."""

    pid: Callable[[], int | None]
    rss_mb: Course = field(default_factory=Course)
    files: Course = field(default_factory=Course)
    threads: Course = field(default_factory=Course)
    _born: float = 0.0
    _read: int | None = None

    def look(self, now: float) -> None:
        """Take a reading."""
        pid = self.pid()
        reading = Reading.of(pid) if pid else None
        if reading is None:
            return
        if pid != self._read:
            self._read, self._born = pid, now
            for course in (self.rss_mb, self.files, self.threads):
                course.begin()
        age = now - self._born
        self.rss_mb.add(age, reading.rss_mb)
        self.files.add(age, reading.files)
        self.threads.add(age, reading.threads)

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        each = {"rss_mb": self.rss_mb, "open_files": self.files, "threads": self.threads}
        return {name: course.told() for name, course in each.items()}


async def watch(gauges: Mapping[str, Gauge]) -> None:
    """Read all gauges until cancelled."""
    while True:
        now = time.monotonic()
        for gauge in gauges.values():
            gauge.look(now)
        await asyncio.sleep(_EVERY)
