"""What is known of a peer of the peer chain at a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chains.standing import Divergence, Verdict


@dataclass(frozen=True, slots=True)
class PeerView:
    """A peer, and how its chain stands towards the longest valid one.

    `length` is in blocks, by its own word unless `valid`; None: it has not said. `valid` is None
    until its chain has been examined. `divergence` is None for a chain that has not left the
    longest one, `tip` is the hash of the newest block, `detail` a sentence for people.
    """

    name: str
    verdict: Verdict = Verdict.UNSYNCED
    up: bool = False
    length: int | None = None
    valid: bool | None = None
    divergence: Divergence | None = None
    tip: str | None = None
    detail: str = ""
