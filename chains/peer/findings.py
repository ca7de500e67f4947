"""What a search among peers found. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from chains.standing import Divergence, Verdict


@dataclass(frozen=True, slots=True)
class Branch:
    """A chain that is longer than the held one, and where it left that.

    `fork` is the newest height that both have (0: not even the first block), `abandoned` how many
    held blocks it would replace, `peer` whose chain it is. `verified` is false while it is claimed.
    """

    peer: str
    length: int
    tip: str
    fork: int
    abandoned: int
    verified: bool = True

    @property
    def gained(self) -> int:
        """Return how many blocks come with it."""
        return self.length - self.fork


@dataclass(frozen=True, slots=True)
class Standing:
    """How one peer stands towards the longest valid chain, the held one or the one that was found.

    `length` and `tip` are as the peer tells them, None where it told nothing that can be true.
    `divergence` says where its chain left the longest one; `detail` is a sentence for people, empty
    when it is canonical.
    """

    peer: str
    verdict: Verdict
    length: int | None = None
    tip: str | None = None
    divergence: Divergence | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found.

    `best` is the longest valid chain that is longer than the held one and may replace it, wholly in
    the sink; None: the held one stays. `too_deep` is the longest one that would have been taken
    but for `max_depth`; one that time didn't suffice to verify where no other is there.
    """

    standings: tuple[Standing, ...]
    best: Branch | None = None
    too_deep: Branch | None = None
