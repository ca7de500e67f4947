"""The worker for witnesses that nobody configured, whose names come from whoever posts alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from switcher import decide, decided, evidence, orders, upkeep
from switcher.desk import Desk
from switcher.lease import STRANGERS
from switcher.loop import Loop
from switcher.metrics import STRANGER
from switcher.model import Decision, Ending, Incident, by_decision

_AT_ONCE = 10
"""Decisions that are written in one transaction, which those that matter may have to wait for."""

_REST = 0.5
"""Seconds between two looks: there is nothing to be done, however many alerts come."""

_log = structlog.get_logger("switcher.strangers")


class Strangers(Loop):
    """Tells that there are incidents of unknown witnesses, and ends them.

    Those of a witness that another switcher acts for, since it has it in its configuration, are
    left to that one.
    """

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
        self._show(incidents)

    def _show(self, incidents: Sequence[Incident]) -> None:
        """Show what is held so; whoever decided otherwise knows the witness, and shows it by name.

        Shown twice, a rotation that is held would be told of as another one, too.
        """
        ours = (i for i in incidents if i.decision is Decision.UNKNOWN_WITNESS)
        self._desk.metrics.open_incidents(STRANGER, by_decision(ours))

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
        found, now = await self._over(incident), self._desk.clock()
        if found is None or not await self._desk.journal.end_stranger(incident, *found, now):
            return False
        ending, why = found
        _log.info("incident over", incident=incident.id, ending=ending, why=why)
        return True

    async def _over(self, incident: Incident) -> tuple[Ending, str] | None:
        """Return what ends an incident, None while it goes on.

        Nobody looks at the chain for it, so that what rests on the chain's word alone ends with the
        silence of the alerts that began it.
        """
        found = upkeep.alert_over(incident, self._desk)
        if incident.order:
            waited = f"it waited for {orders.PATIENCE:.0f} s"
            found = Ending.GIVEN_UP, f"{waited}: {incident.witness} is not in the configuration"
        elif incident.resolved and not incident.by_ourselves:
            found = Ending.RESOLVED, "its alerts are resolved"
        return found if found and await self._is_left(incident) else None

    async def _is_left(self, incident: Incident) -> bool:
        """Tell whether nobody goes on with an order, or with rotations that have begun.

        A switcher that knows the witness may just be starting again; an order may wait as long.
        """
        record = await self._desk.journal.record(incident.witness, 0.0)
        moved = [rotation.ended or rotation.opened for rotation in record.of(incident)]
        if incident.order:
            moved.append(incident.opened)
        return self._desk.clock() - max(moved, default=0.0) > orders.PATIENCE

    async def _decide(self, incidents: Sequence[Incident]) -> bool:
        desk, now = self._desk, self._desk.clock()
        policy = desk.settings.policy
        rulings = [(i, decide.decide(evidence.stranger(i), policy, now)) for i in incidents]
        news = await desk.journal.decide_strangers(rulings, now)
        for incident, ruling in news:
            decided.tell(desk, incident, ruling, now)
        return bool(news)

    async def _read(self) -> Sequence[Incident]:
        known = [witness.account for witness in self._desk.watch.settings.witnesses]
        return await self._desk.journal.strangers(known)
