"""What came of the breaks of a file, from the statuses that mutmut notes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Self

_BY_TYPES = frozenset({37})
_BY_TESTS = frozenset({1, 3, 36, 24, -24, 152, 255})
"""A test failed, pytest itself did, or it took far longer than unbroken."""
_UNNOTICED = frozenset({0, 5, 33})
"""The tests passed, or none reaches the break."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Breaks of a file: how many were noticed, and the names of the others."""

    file: str
    by_types: int
    by_tests: int
    unnoticed: tuple[str, ...]
    untried: tuple[str, ...]
    """Neither noticed nor not: not begun, interrupted, killed, or anything that mutmut may add."""

    @classmethod
    def of_statuses(
        cls, file: str, statuses: Mapping[str, int | None], names: Sequence[str] = ()
    ) -> Self:
        """Sort a file's breaks by status, all of them or those that a pattern names."""
        asked = {
            name: status
            for name, status in statuses.items()
            if not names or any(fnmatch(name, each) for each in names)
        }
        unnoticed = tuple(name for name, status in asked.items() if status in _UNNOTICED)
        known = _BY_TYPES | _BY_TESTS | _UNNOTICED
        return cls(
            file,
            sum(status in _BY_TYPES for status in asked.values()),
            sum(status in _BY_TESTS for status in asked.values()),
            unnoticed,
            tuple(name for name, status in asked.items() if status not in known),
        )

    @property
    def made(self) -> int:
        """How many breaks there are."""
        return self.by_types + self.by_tests + len(self.unnoticed) + len(self.untried)
