"""Runs targets under atheris: what they call is instrumented once, and each has a process."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Never

import atheris

_OURS = ["chains", "exporter", "peernode", "serving", "storing", "switcher", "understudy"]

# It names each of hundreds of modules.
with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=_OURS):
    from tests.fuzz.target import in_time
    from tests.fuzz.targets import TARGETS, found

PARSERS = tuple(TARGETS)

_LONGEST_INPUT = 4096
_SLOWEST = 10
"""Seconds of a processor that one input may take."""

_HANGS = 120
"""Seconds on the clock after which an input is taken for one that never ends."""

_MOST_MB = 1024
_BROKEN = 70
_EXECUTED = re.compile(r"^fed (\d+)", re.MULTILINE)
_COVERED = re.compile(r"cov: (\d+)")
_SEEDED = re.compile(r"INFO: Seed: (\d+)")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds for each target, how many run at a time, and libFuzzer's seed (0: drawn)."""

    seconds: float
    jobs: int
    seed: int


def fuzz_all(names: Sequence[str], bounds: Bounds, folder: Path, kept: Path) -> list[str]:
    """Run targets (none named: all), tell of each how it went, and return those that failed."""
    waiting, running, broken = list(names or TARGETS), dict[int, str](), list[str]()
    print(
        f"fuzz: {len(waiting)} parsers for {bounds.seconds:g} s each, {bounds.jobs} at a time",
        flush=True,
    )
    while waiting or running:
        while waiting and len(running) < bounds.jobs:
            name = waiting.pop(0)
            sys.stdout.flush()
            if (child := os.fork()) == 0:
                _run(name, bounds, folder, kept)
            running[child] = name
        child, status = os.wait()
        name = running.pop(child)
        if not _tell(name, os.waitstatus_to_exitcode(status), folder):
            broken.append(name)
    return broken


def _run(name: str, bounds: Bounds, folder: Path, kept: Path) -> Never:
    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(log, sys.stderr.fileno())
    try:
        target = TARGETS[name]
        corpus, words = folder / name, folder / f"{name}.words"
        corpus.mkdir()
        for number, seed in enumerate([*target.seeds(), *found(name)]):
            (corpus / f"seed-{number}").write_bytes(seed)
        words.write_text("".join(f"{_entry(word)}\n" for word in target.words or ("hash",)))
        options = (
            f"-dict={words}",
            f"-max_len={_LONGEST_INPUT}",
            f"-timeout={_HANGS}",
            f"-rss_limit_mb={_MOST_MB}",
            f"-seed={bounds.seed}",
            f"-artifact_prefix={kept}/{name}-",
        )
        feed = _Feed(target.feed, bounds.seconds, kept / f"{name}-crash")
        atheris.Setup([name, *options, str(corpus)], feed)
        atheris.Fuzz()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(_BROKEN)


class _Feed:
    """Feeds a target until its time is over; writes down what breaks a promise.

    libFuzzer keeps whole seconds only, and what it would keep itself is lost with a child process.
    """

    def __init__(self, feed: Callable[[bytes], bool], seconds: float, place: Path) -> None:
        self._feed, self._seconds, self._place = feed, seconds, place
        self._fed = 0
        self._end = 0.0

    def __call__(self, data: bytes) -> None:
        self._end = self._end or time.monotonic() + self._seconds
        try:
            in_time(self._feed, data, _SLOWEST)
        except BaseException:
            mark = hashlib.sha256(data).hexdigest()[:16]
            self._place.with_name(f"{self._place.name}-{mark}").write_bytes(data)
            raise
        self._fed += 1
        if time.monotonic() > self._end:
            os.write(sys.stderr.fileno(), f"\nfed {self._fed}\n".encode())
            os._exit(0)


def _entry(word: str) -> str:
    """Return how a word stands in libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode("latin-1")) + '"'


def _tell(name: str, status: int, folder: Path) -> bool:
    told = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    executed, covered, seed = _EXECUTED.search(told), _COVERED.findall(told), _SEEDED.search(told)
    print(
        f"fuzz: {name}: {executed[1] if executed else 'no'} executions, "
        f"coverage {' to '.join((covered[0], covered[-1])) if covered else 'none'}, "
        f"seed {seed[1] if seed else 'unknown'}, status {status}",
        flush=True,
    )
    if status:
        print(told[-4000:], file=sys.stderr)
    return status == 0
