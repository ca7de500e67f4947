"""The worker for witnesses that nobody configured, whose names come from whoever posts alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switcher import decide, decided, evidence, upkeep
from switcher.desk import Desk
from switcher.lease import STRANGERS
from switcher.loop import Loop
from switcher.metrics import STRANGER
from switcher.model import Ending, Incident, Record, by_decision

_AT_ONCE = 10
"""Decisions that are written in one transaction, which those that matter may have to wait for."""

_REST = 0.5
"""Seconds between two looks: there is nothing to be done, however many alerts come."""


class Strangers(Loop):
    """Tells that there are incidents of unknown witnesses, and ends them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(witness=STRANGER)
        self._desk = desk

    async def step(self) -> None:
        """Look once at everything that is open; only show it while another switcher acts.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """
        incidents = await self._read()
        if self._desk.journal.acts_for(STRANGERS) and await self._see_to(incidents):
            incidents = await self._read()
        self._desk.metrics.open_incidents(STRANGER, by_decision(incidents))

    async def _sleep(self) -> None:
        if not self._stopping:
            await asyncio.sleep(_REST)
        await super()._sleep()

    async def _see_to(self, incidents: Sequence[Incident]) -> bool:
        """End what is over and decide the rest; tell whether anything is other than before.

        While somebody is at what can't wait, the rest is left for the next look.
        """
        over = {incident.id for incident in incidents if await self._ended(incident)}
        rest = [incident for incident in incidents if incident.id not in over]
        changed = False
        for first in range(0, len(rest), _AT_ONCE):
            if self._desk.focus.remaining():
                self.wake()
                break
            changed |= await self._decide(rest[first : first + _AT_ONCE])
        return bool(over) or changed

    async def _ended(self, incident: Incident) -> bool:
        if incident.resolved:
            await upkeep.end(self._desk, incident, Ending.RESOLVED, "its alerts are resolved")
            return True
        return await upkeep.ended(self._desk, incident, Record())

    async def _decide(self, incidents: Sequence[Incident]) -> bool:
        desk, now = self._desk, self._desk.clock()
        policy = desk.settings.policy
        rulings = [(i, decide.decide(evidence.stranger(i), policy, now)) for i in incidents]
        news = await desk.journal.decide_all(STRANGERS, rulings, now)
        for incident, ruling in news:
            decided.tell(desk, incident, ruling, now)
        return bool(news)

    async def _read(self) -> Sequence[Incident]:
        known = [witness.account for witness in self._desk.watch.settings.witnesses]
        return await self._desk.journal.strangers(known)
