"""Scenarios at several moments, of which `make test` tries some and `make faults` all."""

from __future__ import annotations

from typing import Any

import pytest


def timings(name: str, *values: Any, always: int = 1) -> pytest.MarkDecorator:
    """Give a test an argument: the first values in every run, the others with --all-timings."""
    marked = [pytest.param(value, marks=pytest.mark.timing) for value in values[always:]]
    return pytest.mark.parametrize(name, [*values[:always], *marked], ids=timing_id)


def timing_id(value: object) -> str:
    """Return a value's text with hyphens for its spaces."""
    return str(value).replace(" ", "-")
