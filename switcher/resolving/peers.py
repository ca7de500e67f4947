"""The workers for peers that are said to be behind: one for each, since an act may take minutes.

A worker has the replica take the longest valid chain, holds its peer against it, and has the peer
itself register the replica and resolve. Then it looks what the peer made of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from structlog.contextvars import bound_contextvars

from chains.peer.findings import Standing
from chains.settings import PeerSettings
from switcher.journal.matters import Which
from switcher.loop import Loop
from switcher.model import Ending
from switcher.resolving import approach, rule_on_peer
from switcher.resolving.desk import ChainDesk
from switcher.resolving.keeper import Keeper
from switcher.resolving.model import Kind, Matter, ResolveDecision, ResolveOutcome, Subject
from switcher.resolving.rule_on_peer import Compared
from switcher.resolving.ruling import Ruling

_T = TypeVar("_T")

_REST = 10.0
"""Seconds after a look for which it serves to hold, since existing nodes tell their whole chain
whenever they are asked, and between two times that an alert has a peer resolve."""

_JUST_NOW = 2.0
"""Seconds since it began for which it serves to act, or to judge an alert that has just come."""


class _StoppedError(Exception):
    """The worker is to stop, and does not wait for what it began."""


class PeerWorker(Loop):
    """Deals with the matters of one peer."""

    def __init__(self, desk: ChainDesk, keeper: Keeper, peer: PeerSettings) -> None:
        super().__init__(peer=peer.name)
        self.subject = Subject(Kind.PEER, peer.name)
        self.which = Which(Kind.PEER, peer.name)
        self._desk = desk
        self._keeper = keeper
        self._peer = peer
        self._stop = asyncio.Event()
        self._asked = 0.0
        self._registered: int | None = None

    def stop(self) -> None:
        """Have `run` return at once: what was asked of a peer is looked at after the next start."""
        self._stop.set()
        super().stop()

    async def step(self) -> None:
        """Look once at everything that is open; while another switcher acts only show it.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """
        matters = await self._open()
        if matters and self._desk.docket.acts:
            try:
                await self._deal_with(matters)
            except _StoppedError:
                return
            matters = await self._open()
        self._desk.metrics.show(self.subject, matters)

    async def _open(self) -> tuple[Matter, ...]:
        return await self._desk.docket.open(self.which)

    async def _deal_with(self, matters: Sequence[Matter]) -> None:
        matters = [each for each in matters if not await self._desk.ended(each)]
        if not matters:
            return
        # What a person asks for settles what an alert has opened, too.
        matter = next((each for each in matters if each.wish is not None), matters[0])
        with bound_contextvars(incident=matter.id):
            if matter.under_way is not None:
                await self._see_what_came_of_it(matter, matter.under_way.details, "")
            elif self._is_due(matter):
                await self._consider(matter, matters)

    def _is_due(self, matter: Matter) -> bool:
        now, due = self._desk.clock(), rule_on_peer.due(matter)
        # A time that far ahead was written by a clock that was wrong.
        return now >= due or due - now > rule_on_peer.LONGEST_PAUSE

    async def _consider(self, matter: Matter, matters: Sequence[Matter]) -> None:
        seen = await self._compare(matter)
        ruling = self._rule(matter, seen)
        if ruling is None:
            why = f"{self._peer.name} has the longest valid chain again"
            for each in matters:
                await self._desk.end(each, Ending.RESOLVED, why)
        elif matter.resolved and ruling.decision is not ResolveDecision.RESOLVE:
            await self._desk.end(matter, Ending.RESOLVED, "its alerts are resolved")
        else:
            await self._desk.note(matter, ruling, seen.details())
            if ruling.decision is ResolveDecision.RESOLVE:
                await self._act(matter)
            elif matter.wish is not None:
                well = ruling.decision is ResolveDecision.NOT_CORROBORATED
                ending = Ending.RESOLVED if well else Ending.GIVEN_UP
                await self._desk.end(matter, ending, ruling.sentence)

    def _rule(self, matter: Matter, seen: Compared) -> Ruling | None:
        dry_run = self._desk.settings.policy.dry_run
        return rule_on_peer.rule_on_peer(matter, seen, dry_run=dry_run)

    async def _compare(self, matter: Matter) -> Compared:
        """Hold the peer against the longest valid chain, as far as the matter's own wish goes.

        What a person allows is allowed for the first look: he knows no chain that comes later.
        """
        if matter.wish is None or matter.wish.allow_depth is None or matter.attempts:
            # What was seen before the alert began says nothing of it.
            return await self._look(_JUST_NOW if matter.decision is None else None)
        before = self._keeper.resolution
        seen = await self._look(0.0, matter.wish.allow_depth)
        now = seen.resolution
        if now is not None and now is not before and now.replaced and now.depth:
            outcome, told = ResolveOutcome.ADOPTED, seen.details()
            await self._desk.came_of(matter, outcome, now.sentence, told)
        return seen

    async def _look(self, max_age: float | None, allow_depth: int | None = None) -> Compared:
        comparing = self._keeper.compare(
            self._peer.name, max_age=max_age, rest=_REST, allow_depth=allow_depth
        )
        return await self._unless_stopped(comparing)

    async def _act(self, matter: Matter) -> None:
        """Have the peer resolve, if it is still as it was when that was decided."""
        now = self._desk.clock()
        if matter.wish is None and abs(now - self._asked) < _REST:
            return
        seen = await self._look(_JUST_NOW)
        ruling, standing = self._rule(matter, seen), seen.standing
        if ruling is None or ruling.decision is not ResolveDecision.RESOLVE or standing is None:
            return
        registers = self._is_new_to(standing) and rule_on_peer.needs_registering(matter, standing)
        advertise = self._keeper.settings.advertise if registers else None
        details = {**seen.details(), "register": advertise}
        why = f"{self._peer.name} is asked to resolve"
        why += f" with {advertise}, which it is to register" if registers else ""
        if not await self._desk.came_of(matter, ResolveOutcome.ASKED, why, details):
            return
        self._asked = now
        chain = self._keeper.settings.chain
        answer = await self._unless_stopped(approach.ask(chain, self._peer, advertise))
        details["registered"] = answer.registered
        if answer.registered:
            self._registered = standing.length or 0
        await self._see_what_came_of_it(matter, details, answer.refusal)

    def _is_new_to(self, standing: Standing) -> bool:
        """Tell whether the peer may not know the replica, as far as this process can tell."""
        return self._registered is None or (standing.length or 0) < self._registered

    async def _see_what_came_of_it(
        self, matter: Matter, asked: Mapping[str, Any], refusal: str
    ) -> None:
        seen = await self._look(0.0)
        found = rule_on_peer.came_of(asked, seen, refusal)
        if found is None:
            return
        outcome, why = found
        told = {**seen.details(), "registered": asked.get("registered", False)}
        await self._desk.came_of(matter, outcome, why, told)
        if outcome in rule_on_peer.FAILED and not told["registered"]:
            # It may have been started anew unseen, and existing nodes keep addresses in memory.
            self._registered = None
        if outcome is ResolveOutcome.CONVERGED:
            await self._desk.end(matter, Ending.RESOLVED, why)
        elif matter.wish is not None and outcome in rule_on_peer.FAILED:
            await self._desk.end(matter, Ending.GIVEN_UP, why)
        self.wake()

    async def _unless_stopped(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Wait for some work, but not beyond the moment when this is to stop."""
        doing = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise _StoppedError
            return doing.result()
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)
