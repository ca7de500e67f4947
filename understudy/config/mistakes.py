"""Mistakes in a configuration file, each with its line and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chains.bitshares.keys import looks_private

Place = tuple[str | int, ...]
"""The way from the top of the file to a value: keys, and positions in lists from 0."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a place; `line` counts from 1, None where there is no line to name."""

    text: str
    place: Place = ()
    line: int | None = None

    def told(self, path: Path) -> str:
        """Return "understudy.yaml:12: bitshares.nodes[0].url: what is wrong"."""
        where = str(path) if self.line is None else f"{path}:{self.line}"
        return ": ".join(part for part in (where, written(self.place), self.text) if part)


class ConfigurationError(Exception):
    """A configuration that can't be used; `mistakes` has all that is wrong, by line."""

    def __init__(self, path: Path, mistakes: Iterable[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(mistake.told(path) for mistake in self.mistakes))


def written(place: Place) -> str:
    """Return a place as people write it, such as "bitshares.nodes[0].url"; no private keys."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{'(a private key)' if looks_private(part) else part}"
    return text.removeprefix(".")
