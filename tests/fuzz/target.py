"""What is fuzzed: a function of some bytes, and what it begins with."""

from __future__ import annotations

import asyncio
import atexit
import json
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

    `feed` returns when the bytes were taken or refused as is promised, and raises when they were
    not: that is a finding. `seeds` are such bytes to begin with; `words` help to change them.
    """

    feed: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[str, ...] = ()


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
