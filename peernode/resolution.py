"""What became of looking for a longer chain. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chains.peer.findings import Standing


class Outcome(StrEnum):
    """What was done about the chain, as log text, metric label and journal value."""

    REPLACED = "replaced"
    AUTHORITATIVE = "authoritative"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was found at each peer, what was adopted or why nothing, and our chain after that.

    `length` (in blocks) and `tip` (a hash; "" for an empty chain) are our chain's. `fork_height` is
    the newest height that the longest valid chain has in common with what ours was before, None if
    nobody has a longer one; `depth` are our blocks since then, which were replaced or, with
    TOO_DEEP, would have to be.
    """

    outcome: Outcome
    sentence: str
    length: int
    tip: str
    peers: tuple[Standing, ...] = ()
    fork_height: int | None = None
    depth: int = 0

    @property
    def replaced(self) -> bool:
        """Tell whether a longer chain was adopted."""
        return self.outcome is Outcome.REPLACED
