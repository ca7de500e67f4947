"""What ailed whom, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bench.theatre import INTERVAL

_LEFT_AFTER = 3
"""Slots after which a chain without it is longer, and known to its maker."""


class AilingError(Exception):
    """A node or program is in trouble already: to mend a second trouble would mend the first."""


@dataclass(slots=True)
class Suffering:
    """What ailed a host, and from when to when (seconds since the epoch; None: it still does)."""

    host: str
    what: str
    began: float
    ended: float | None = None

    @classmethod
    def of_orphan(cls, host: str, slot: int) -> Self:
        """Return that of a host whose block for a slot the others left.

        It makes no other until it has left that block, too: for the longer chain, a few slots on.
        """
        return cls(host, "orphan", slot, slot + _LEFT_AFTER * INTERVAL)
