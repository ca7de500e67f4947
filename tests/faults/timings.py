"""Scenarios at several moments, of which `make test` tries one and `make faults` all."""

from __future__ import annotations

from typing import Any

import pytest


def timings(name: str, first: Any, *others: Any) -> pytest.MarkDecorator:
    """Give a test an argument: the first value in every run, the others with --all-timings."""
    marked = [pytest.param(other, marks=pytest.mark.timing) for other in others]
    return pytest.mark.parametrize(name, [first, *marked])
