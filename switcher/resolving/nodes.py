"""The worker for nodes of BitShares that are said to have left the chain, and for unknown names.

It looks at all nodes, says what it finds, and relies on those that are on the longest valid chain.
Nothing is done to a node, and nothing on the chain. A rotation comes first.
"""

from __future__ import annotations

from collections.abc import Collection

from structlog.contextvars import bound_contextvars

from switcher.journal.matters import Which
from switcher.loop import Loop
from switcher.model import Ending
from switcher.resolving.desk import ChainDesk
from switcher.resolving.examine import Examined, back, rule_on_node
from switcher.resolving.metrics import STRANGERS
from switcher.resolving.model import (
    Kind,
    Matter,
    ResolveDecision,
    ResolveOutcome,
    Subject,
)
from switcher.resolving.ruling import Ruling
from switcher.status import usable_nodes

_FIRST_CONTACT = 10.0
"""Seconds after the start in which no node has to have been heard yet."""


class NodeWorker(Loop):
    """Deals with matters of nodes one after the other, and of peers that are none of `peers`."""

    def __init__(self, desk: ChainDesk, peers: Collection[str]) -> None:
        super().__init__(chain="nodes")
        self._desk = desk
        self._peers = frozenset(peers)

    async def step(self) -> None:
        """Look once at everything that is open; while another switcher acts only pin and show.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """
        await self._desk.focus.free()
        matters = await self._open()
        if matters and self._can_see():
            seen = Examined(await self._desk.watch.reexamine())
            for matter in matters:
                with bound_contextvars(incident=matter.id, node=matter.subject.name):
                    await self._consider(matter, seen)
        if self._desk.docket.acts:
            for stranger in await self._strangers():
                with bound_contextvars(incident=stranger.id):
                    await self._hold_stranger(stranger)
        self._show(await self._open(), await self._strangers())

    async def _strangers(self) -> tuple[Matter, ...]:
        return await self._desk.docket.open(Which(Kind.PEER, but=self._peers))

    async def _open(self) -> tuple[Matter, ...]:
        return await self._desk.docket.open(Which(Kind.NODE))

    def _can_see(self) -> bool:
        """Tell whether a majority was heard, or had its time to be."""
        desk = self._desk
        usable, needed = usable_nodes(desk.watch.nodes)
        return usable >= needed or desk.clock() - desk.started() > _FIRST_CONTACT

    async def _consider(self, matter: Matter, seen: Examined) -> None:
        ruling = rule_on_node(matter, seen)
        if ruling is not None:
            self._pin(matter.subject.name, ruling, seen)
        await self._desk.focus.free()
        if not self._desk.docket.acts or await self._desk.ended(matter):
            return
        if ruling is None:
            await self._desk.end(matter, Ending.RESOLVED, back(matter.subject.name, seen))
        elif matter.resolved and ruling.decision is not ResolveDecision.REPORT:
            await self._desk.end(matter, Ending.RESOLVED, "its alerts are resolved")
        else:
            await self._tell(matter, ruling, seen)

    def _pin(self, name: str, ruling: Ruling, seen: Examined) -> None:
        """Rely on the canonical nodes alone, unless the node is left out already."""
        view = seen.of(name)
        if ruling.pinned and view is not None and not view.left_out:
            self._desk.watch.pin(ruling.pinned)

    async def _tell(self, matter: Matter, ruling: Ruling, seen: Examined) -> None:
        desk, details = self._desk, seen.details()
        await desk.note(matter, ruling, details)
        pins = [a for a in matter.attempts if a.outcome is ResolveOutcome.PINNED]
        if ruling.pinned and not pins:
            told = {**details, "pinned": list(ruling.pinned)}
            await desk.came_of(matter, ResolveOutcome.PINNED, ruling.sentence, told)
        if matter.wish is not None:
            await desk.end(matter, Ending.REPORTED, ruling.sentence)

    async def _hold_stranger(self, matter: Matter) -> None:
        desk, name = self._desk, matter.subject.name
        await desk.focus.free()
        if await desk.ended(matter):
            return
        if matter.resolved:
            await desk.end(matter, Ending.RESOLVED, "its alerts are resolved")
            return
        said = f"no peer {name} is configured"
        await desk.note(matter, Ruling(ResolveDecision.UNKNOWN_PEER, said), {})

    def _show(self, matters: Collection[Matter], strangers: Collection[Matter]) -> None:
        known = {node.name for node in self._desk.watch.settings.nodes}
        for name in known:
            about = Subject(Kind.NODE, name)
            self._desk.metrics.show(about, [m for m in matters if m.subject == about])
        unknown = [m for m in matters if m.subject.name not in known]
        for each in STRANGERS:
            self._desk.metrics.show(each, unknown if each.kind is Kind.NODE else strangers)
