"""All measurements, or one by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.bars import Bar

NAMES = ("policy", "live", "exporter", "headers", "peers", "page", "start", "webhook")
"""Those of `make bench`."""

APART = ("soak", "faces", "first_sight")
"""Those that take too long for it, or the network; its results keep each with a date of its own."""

ALL = (*NAMES, *APART)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement as `bench` tells that it is written."""

    name: str
    measure: Callable[..., Coroutine[Any, Any, dict[str, Any]]]
    bars: tuple[Bar, ...]
    told: tuple[str, ...]

    @property
    def options(self) -> frozenset[str]:
        """Return the names of the options that it takes."""
        return frozenset(inspect.signature(self.measure).parameters)


def named(name: str) -> Measurement:
    """Return a measurement by its name, one of ALL."""
    module = importlib.import_module(f"bench.{name}")
    return Measurement(name, module.measure, module.BARS, module.TOLD)
