"""All measurements, or one by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

NAMES = ("policy", "live", "exporter", "headers", "peers", "page")
"""Those of `make bench`."""

ALL = (*NAMES, "soak", "faces")


def options_of(name: str) -> frozenset[str]:
    """Return the names of the options that a measurement takes."""
    return frozenset(inspect.signature(_of(name)).parameters)


async def measure(name: str, **options: int) -> dict[str, Any]:
    """Run one measurement and return its figures.

    Raises:
        StackError: something that it needs did not work.
    """
    return await _of(name)(**options)


def _of(name: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    found: Callable[..., Awaitable[dict[str, Any]]]
    found = importlib.import_module(f"bench.{name}").measure
    return found
