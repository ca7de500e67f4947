"""Has the tests that are over soonest run first, since the first that notices a break ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

_TIMES = Path("mutmut-stats.json")
"""Written by mutmut once it has run every test with nothing broken."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests in the order of the time that they took."""
    if _TIMES.exists():
        took: dict[str, float] = json.loads(_TIMES.read_text())["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, 0.0))
