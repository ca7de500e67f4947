"""What the programs complained of: lines of the level error, and tracebacks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_MOST_SHOWN = 5
_LINE = 2_000
_UNCAUGHT = ("Traceback (most recent call last)", "exception was never retrieved")
"""What tells of an error that nobody expected."""


@dataclass
class Complaints:
    """Errors by program and event, and the first tracebacks of each program."""

    errors: Counter[str] = field(default_factory=Counter)
    tracebacks: int = 0
    shown: list[str] = field(default_factory=list)

    def read(self, program: str, lines: Iterable[str]) -> None:
        """Go through a program's log."""
        for line in lines:
            told = _fields(line)
            if told.get("level") in {"error", "critical"}:
                self.errors[f"{program}: {told.get('event', told.get('msg', ''))}"[:120]] += 1
            if any(words in line for words in _UNCAUGHT):
                self.tracebacks += 1
                if len(self.shown) < _MOST_SHOWN:
                    self.shown.append(f"{program}: {line.strip()[-_LINE:]}")


def complaints(logs: Iterable[Path]) -> Complaints:
    """Return what logs have, each read line by line."""
    found = Complaints()
    for log in logs:
        with log.open(encoding="utf-8", errors="replace") as lines:
            found.read(log.stem, lines)
    return found


def _fields(line: str) -> dict[str, str]:
    if not line.startswith("{"):
        return {}
    try:
        told: dict[str, str] = json.loads(line)
    except ValueError:
        return {}
    return told
