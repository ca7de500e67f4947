"""What is fuzzed: a function of some bytes, and what it begins with."""

from __future__ import annotations

import asyncio
import atexit
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOUND = Path(__file__).parents[1] / "fixtures/fuzz"
"""What once was a finding, by target: it must never be one again."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, and what it is fed with.

    `feed` tells whether the bytes were taken, not refused, and raises when neither was done as is
    promised: that is a finding. `seeds` are bytes to begin with, the first of which is taken;
    `words` help to change them.
    """

    feed: Callable[[bytes], bool]
    seeds: Callable[[], list[bytes]]
    words: tuple[str, ...] = ()


class TooSlowError(Exception):
    """An input took longer than one may."""


def in_time(feed: Callable[[bytes], object], data: bytes, seconds: float) -> None:
    """Feed with an input, which may take so many seconds of a processor.

    On the clock it may take longer: a machine that is busy with other things is no finding.

    Raises:
        TooSlowError: it took more.
    """
    began = time.process_time()
    feed(data)
    spent = time.process_time() - began
    if spent > seconds:
        raise TooSlowError(f"{spent:.1f} s of a processor for one input")


def found(name: str) -> Iterator[bytes]:
    """Yield what once was a finding of a target."""
    for file in sorted((FOUND / name).glob("*")):
        yield file.read_bytes()


def cut(body: bytes, size: int) -> list[bytes]:
    """Return bytes in pieces of a size."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def json_of(data: bytes) -> Any:
    """Return the JSON value that bytes are, None where they are none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


@cache
def runner() -> asyncio.Runner:
    """Return the event loop for all targets of this process."""
    made = asyncio.Runner()
    atexit.register(made.close)
    return made
