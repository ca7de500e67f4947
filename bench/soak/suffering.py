"""What ailed whom, and when."""

from __future__ import annotations

from dataclasses import dataclass


class AilingError(Exception):
    """A node or program is in trouble already: to mend a second trouble would mend the first."""


@dataclass(slots=True)
class Suffering:
    """What ailed a host, and from when to when (seconds since the epoch; None: it still does)."""

    host: str
    what: str
    began: float
    ended: float | None = None
