"""From what is known of the peers to families of samples. Pure: no I/O, no clock.

A peer's figures disappear while it is down, and `peer_chain_up` 0 says so; what comes of examining
its chain is absent until that has been done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chains.peer.views import PeerView
from chains.standing import Verdict
from exporter import catalogue
from exporter.shape import Family

_STATES = tuple(
    verdict for verdict in Verdict if verdict not in (Verdict.STALLED, Verdict.WRONG_CHAIN)
)
"""A peer chain has no slots that could pass empty, and no id that could be another one."""

_MOST = 2**53
"""The greatest length that is told: a peer may say anything, and a sample is a 64-bit float."""


def shape_peers(views: Sequence[PeerView]) -> list[Family]:
    """Return every family about peers with its samples."""
    return [
        *(_figure(views, metric, of) for metric, of in _FIGURES),
        Family(catalogue.PEER_STATE, [each for view in views for each in _states(view)]),
        Family(
            catalogue.PEER_TIP,
            [((view.name, view.tip), 1) for view in views if view.up and view.valid and view.tip],
        ),
    ]


def _figure(
    views: Sequence[PeerView], metric: catalogue.Metric, of: Callable[[PeerView], float | None]
) -> Family:
    return Family(
        metric, [((view.name,), figure) for view in views if (figure := of(view)) is not None]
    )


def _states(view: PeerView) -> Iterator[tuple[tuple[str, ...], float]]:
    for state in _STATES:
        yield (view.name, state.value), view.verdict is state


def _up(view: PeerView) -> float:
    return view.up


def _canonical(view: PeerView) -> float:
    return view.up and view.verdict is Verdict.CANONICAL


def _length(view: PeerView) -> float | None:
    return min(view.length, _MOST) if view.up and view.length is not None else None


def _valid(view: PeerView) -> float | None:
    return view.valid if view.up else None


def _divergence(view: PeerView) -> float | None:
    if not view.up or not view.valid:
        return None
    return view.divergence.depth if view.divergence else 0


_FIGURES: tuple[tuple[catalogue.Metric, Callable[[PeerView], float | None]], ...] = (
    (catalogue.PEER_UP, _up),
    (catalogue.PEER_CANONICAL, _canonical),
    (catalogue.PEER_LENGTH, _length),
    (catalogue.PEER_VALID, _valid),
    (catalogue.PEER_DIVERGENCE, _divergence),
)
