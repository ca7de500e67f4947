"""Everybody who sees to a chain: put together, woken, and asked who is well."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from switcher.loop import Loop
from switcher.resolving.desk import ChainDesk
from switcher.resolving.model import Kind, Subject
from switcher.resolving.nodes import NodeWorker


class ChainStaff:
    """The workers for matters of chains: one for all nodes, and one for each peer."""

    def __init__(self, desk: ChainDesk) -> None:
        self.desk = desk
        self._nodes = NodeWorker(desk, ())

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Return all workers, to be run."""
        return (self._nodes,)

    def standing(self) -> Mapping[Subject, bool]:
        """Return whom the configuration knows, and whether each was on its chain when last seen."""
        return {Subject(Kind.NODE, view.name): view.well for view in self.desk.watch.nodes}

    def wake(self, subjects: Collection[Subject]) -> None:
        """Have those look who see to some nodes and peers."""
        if subjects:
            self._nodes.wake()
