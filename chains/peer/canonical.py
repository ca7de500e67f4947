"""Which of several peers' chains is the longest valid one, and how each peer stands to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.errors import PeerError
from chains.peer.seen import Seen
from chains.peer.trail import Trail
from chains.peer.views import PeerView
from chains.standing import Divergence, Verdict
from chains.words import blocks, forked


@dataclass(frozen=True, slots=True)
class Looked:
    """What a peer shows, and since when (seconds of any clock) it shows that."""

    name: str
    seen: Seen
    since: float


def longest(peers: Sequence[Looked]) -> Trail | None:
    """Return the longest valid chain; of several the one that most peers have, or had first."""
    trails = [(peer.seen.trail, peer.since) for peer in peers if peer.seen.trail is not None]
    ends = [(trail.length, trail.tip) for trail, _ in trails]
    best = max(
        trails,
        key=lambda each: (each[0].length, ends.count((each[0].length, each[0].tip)), -each[1]),
        default=None,
    )
    return best[0] if best else None


def views_of(peers: Sequence[Looked]) -> list[PeerView]:
    """Return how every peer stands towards the longest valid chain among them."""
    best = longest(peers)
    return [_view(peer, best) for peer in peers]


def _view(peer: Looked, best: Trail | None) -> PeerView:
    seen = peer.seen
    if seen.trail is not None and best is not None:
        return _placed(peer.name, seen.trail, best)
    if seen.error is None:
        return PeerView(peer.name, detail="not looked at yet")
    error = seen.error
    detail = error.detail if isinstance(error, PeerError) else str(error)
    if not seen.invalid:
        return PeerView(peer.name, Verdict.UNREACHABLE, detail=detail)
    return PeerView(
        peer.name, Verdict.INVALID, True, seen.length, False, tip=seen.tip, detail=detail
    )


def _placed(name: str, trail: Trail, best: Trail) -> PeerView:
    length, tip = trail.length, trail.tip
    behind = best.length - length
    away, detail = None, ""
    if not length or best.has(length, tip):
        verdict = Verdict.BEHIND if behind else Verdict.CANONICAL
        if behind:
            detail = f"{blocks(behind)} behind block {best.length}"
    else:
        verdict, common = Verdict.FORKED, trail.last_common(best)
        away = Divergence(common, length - common)
        detail = forked(away)
    return PeerView(name, verdict, True, length, True, away, tip or None, detail)
