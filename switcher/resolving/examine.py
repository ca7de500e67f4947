"""What nodes show when one is said to have left the chain, and what to make of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chains.bitshares.views import NodeView, majority_of
from chains.standing import Verdict
from chains.words import blocks
from switcher.resolving.model import Matter, ResolveDecision
from switcher.resolving.ruling import Ruling

_LEFT = frozenset({Verdict.FORKED, Verdict.INVALID, Verdict.WRONG_CHAIN})
"""What shows another chain, and is not to be relied upon the moment it looks well again."""


@dataclass(frozen=True, slots=True)
class Examined:
    """All voting nodes as they were just examined."""

    views: Sequence[NodeView]

    @property
    def canonical(self) -> tuple[str, ...]:
        """Return the names of those that are up and on the longest valid chain."""
        return tuple(v.name for v in self.views if v.up and v.verdict is Verdict.CANONICAL)

    @property
    def quorate(self) -> bool:
        """Tell whether those are a majority."""
        return len(self.canonical) >= majority_of(len(self.views))

    def of(self, name: str) -> NodeView | None:
        """Return a node's view, None if no such node votes."""
        return next((view for view in self.views if view.name == name), None)

    def details(self) -> dict[str, Any]:
        """Return what the journal keeps of each node: verdict, height, and where it left."""
        return {"nodes": [_told(view) for view in self.views]}


def rule_on_node(matter: Matter, seen: Examined) -> Ruling | None:
    """Return what to make of a node that is said to have left the chain; None: it is back."""
    name = matter.subject.name
    view = seen.of(name)
    if view is None:
        return Ruling(ResolveDecision.UNKNOWN_NODE, f"no node {name} is configured")
    if not seen.quorate:
        count, needed = len(seen.canonical), majority_of(len(seen.views))
        return Ruling(
            ResolveDecision.NOT_QUORATE,
            f"{count} of {len(seen.views)} nodes are on one chain, {needed} are needed to say "
            f"which is the longest valid one; nobody is pinned ({_each(seen.views)})",
        )
    if name not in seen.canonical:
        if view.verdict not in _LEFT:
            return Ruling(ResolveDecision.REPORT, f"{name} {_state(view)}")
        said = f"{name} {_state(view)}; pinned to {', '.join(seen.canonical)}"
        return Ruling(ResolveDecision.REPORT, said, seen.canonical)
    height = view.reading.head_number if view.reading else 0
    if matter.decision in (None, ResolveDecision.NOT_CORROBORATED):
        said = f"{name} is on the longest valid chain, at block {height} ({_each(seen.views)})"
        return Ruling(ResolveDecision.NOT_CORROBORATED, said)
    if view.left_out:
        said = f"{name} is back on the chain, and counts again after a round on it"
        return Ruling(ResolveDecision.REPORT, said)
    return None


def back(name: str, seen: Examined) -> str:
    """Return the sentence with which the matter of a node that is back ends."""
    view = seen.of(name)
    height = view.reading.head_number if view and view.reading else 0
    return f"{name} is back on the longest valid chain, at block {height}"


def _each(views: Sequence[NodeView]) -> str:
    return "; ".join(f"{view.name} {_state(view)}" for view in views)


def _state(view: NodeView) -> str:
    if view.up and view.verdict is Verdict.CANONICAL:
        return "is canonical"
    said = f"is {view.verdict}"
    if view.divergence is not None:
        least = "" if view.divergence.exact else "at least "
        said += f", {least}{blocks(view.divergence.depth)} of its own"
        said += f" since block {view.divergence.height}"
    return f"{said} ({view.detail})" if view.detail else said


def _told(view: NodeView) -> dict[str, Any]:
    return {
        "name": view.name,
        "up": view.up,
        "verdict": str(view.verdict),
        "height": view.reading.head_number if view.up and view.reading else None,
        "divergence": asdict(view.divergence) if view.divergence else None,
        "detail": view.detail,
    }
