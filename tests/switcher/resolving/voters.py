"""Nodes that vote, and stand as a test says; no network."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from chains.bitshares.views import NodeView
from chains.settings import ChainSettings, NodeSettings
from chains.standing import Divergence, Verdict

NAMES = ("eu", "us", "asia")
FORKED: dict[str, Any] = {
    "verdict": Verdict.FORKED,
    "detail": "on a fork",
    "divergence": Divergence(100, 5),
}
AWAY: dict[str, Any] = {"up": False, "verdict": Verdict.UNREACHABLE, "detail": "refuses"}


class Voters:
    """Stands in for a `Watch` towards whoever re-examines its nodes."""

    def __init__(self) -> None:
        self.settings = ChainSettings(
            tuple(NodeSettings(name, f"ws://{name}") for name in NAMES), ()
        )
        self.pins: list[set[str]] = []
        self.examined = 0
        self._views = {name: _well(name) for name in NAMES}

    @property
    def nodes(self) -> Sequence[NodeView]:
        return list(self._views.values())

    def put(self, name: str, **changes: Any) -> None:
        """Have a node stand otherwise from now on."""
        self._views[name] = replace(self._views[name], **changes)

    def heal(self, name: str) -> None:
        """Have a node be well again."""
        self._views[name] = _well(name)

    async def reexamine(self, deadline: float = 5.0) -> Sequence[NodeView]:
        self.examined += 1
        return self.nodes

    def pin(self, names: Collection[str]) -> None:
        self.pins.append(set(names))
        for name in set(NAMES) - set(names):
            self.put(name, left_out=True)


def _well(name: str) -> NodeView:
    reading: Any = SimpleNamespace(head_number=205)
    return NodeView(name, f"ws://{name}", True, Verdict.CANONICAL, "", reading, 1.0)
