"""Moments at which a program dies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Death:
    """A moment at which a program dies, as words for `tests.faults.doomed`."""

    when: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.when


def at(when: str, place: str, *words: str) -> Death:
    return Death(when, ("--at", place, *words))
