"""How the reading of a peer's chain goes, and when it isn't waited for any longer. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chains.peer.size import Size

SLOWEST = 64 * 1024
"""Bytes a second below which one isn't waited for where another's chain is there."""


@dataclass(slots=True)
class Course:
    """Times are seconds of one clock; `declared` is how many bytes are to come in all, if
    that is known, `size` what was said of a whole chain before it came.
    """

    started: float
    moved: float
    taken: int = 0
    declared: int | None = None
    size: Size | None = None

    @classmethod
    def begun(cls, now: float) -> Course:
        """Return one that begins now."""
        return cls(now, now)

    def takes(self, size: int, now: float) -> None:
        """Take it that some bytes came."""
        self.taken += size
        self.moved = now

    def age(self, now: float) -> float:
        """Return the seconds since it began."""
        return now - self.started

    def still(self, now: float) -> float:
        """Return the seconds for which nothing came."""
        return now - self.moved

    def is_worth_waiting(self, now: float, until: float) -> bool:
        """Tell whether it comes to an end by a time, as it goes."""
        if self.declared is None:
            return False
        rate = self.taken / max(now - self.started, 0.001)
        return rate >= SLOWEST and self.declared - self.taken <= rate * (until - now)
