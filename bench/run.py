"""All measurements, or one by name."""

from __future__ import annotations

import importlib
from typing import Any

NAMES = ("live", "exporter")


async def measure(name: str) -> dict[str, Any]:
    """Run one measurement and return its figures.

    Raises:
        StackError: something that it needs did not work.
    """
    figures: dict[str, Any] = await importlib.import_module(f"bench.{name}").measure()
    return figures
