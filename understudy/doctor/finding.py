"""What a look at something found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is.

    A failure is told by the exit status: a rotation may not happen, or not as configured. A warning
    is something to know or to mend that still works.
    """

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what to know or do about it; `text` may be empty when ok."""

    what: str
    level: Level = Level.OK
    text: str = ""


def warning(what: str, text: str) -> Finding:
    """Return a warning."""
    return Finding(what, Level.WARNING, text)


def failure(what: str, text: str) -> Finding:
    """Return a failure."""
    return Finding(what, Level.FAILURE, text)
