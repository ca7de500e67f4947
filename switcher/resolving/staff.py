"""Everybody who sees to a chain: put together, woken, and asked who is well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chains.standing import Verdict
from switcher.loop import Loop
from switcher.resolving.desk import ChainDesk
from switcher.resolving.model import Kind, Subject
from switcher.resolving.nodes import NodeWorker

if TYPE_CHECKING:
    from switcher.resolving.keeper import Keeper
    from switcher.resolving.peers import PeerWorker


class ChainStaff:
    """The workers for matters of chains: one for all nodes, and one for each peer.

    `keeper` has the replica, None where no peer chain is configured.
    """

    def __init__(self, desk: ChainDesk, keeper: Keeper | None) -> None:
        self.desk = desk
        self.keeper = keeper
        peers = keeper.settings.chain.nodes if keeper else ()
        self._nodes = NodeWorker(desk, [peer.name for peer in peers])
        self._peers = _workers(desk, keeper) if keeper else []

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Return all workers, to be run."""
        return (self._nodes, *self._peers)

    def knows(self, subject: Subject) -> bool:
        """Tell whether a node or peer is configured."""
        return subject in self.standing()

    def standing(self) -> Mapping[Subject, bool]:
        """Return whom the configuration knows, and whether each was on its chain when last seen."""
        nodes = {Subject(Kind.NODE, view.name): view.well for view in self.desk.watch.nodes}
        return nodes | {each.subject: self._is_canonical(each.subject) for each in self._peers}

    def wake(self, subjects: Collection[Subject]) -> None:
        """Have those look who see to some nodes and peers."""
        known = {each.subject: each for each in self._peers}
        for subject in subjects:
            known.get(subject, self._nodes).wake()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Keep the replica, if there is one, for as long as the context lasts.

        Raises:
            OSError: its address can't be listened on.
        """
        if self.keeper is None:
            yield
            return
        async with self.keeper.serving():
            yield

    def _is_canonical(self, peer: Subject) -> bool:
        standing = self.keeper.standing(peer.name) if self.keeper else None
        return standing is not None and standing.verdict is Verdict.CANONICAL


def _workers(desk: ChainDesk, keeper: Keeper) -> list[PeerWorker]:
    # What it takes to ask peers is a tenth of the start, and most have none.
    from switcher.resolving.peers import PeerWorker  # noqa: PLC0415

    return [PeerWorker(desk, keeper, peer) for peer in keeper.settings.chain.nodes]
