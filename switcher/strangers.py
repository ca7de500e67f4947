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
from switcher.model import Decision, Ending, Incident

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
        self._known = [witness.account for witness in desk.watch.settings.witnesses]

    async def step(self) -> None:
        """Look once at everything that is open; only show it while another switcher acts.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """
        await self._desk.focus.free()
        if self._desk.journal.acts_for(STRANGERS):
            await self._end_what_is_over()
            await self._decide_what_waits()
        await self._show()

    async def _show(self) -> None:
        """Show what is held so; whoever decided otherwise knows the witness, and shows it by name.

        Shown twice, a rotation that is held would be told of as another one, too.
        """
        count = await self._desk.journal.held_strangers(self._known)
        self._desk.metrics.open_incidents(STRANGER, {Decision.UNKNOWN_WITNESS: count})

    async def _sleep(self) -> None:
        if not self._stopping:
            await asyncio.sleep(_REST)
        await super()._sleep()

    async def _end_what_is_over(self) -> None:
        desk, renewal = self._desk, self._desk.settings.incident_renewal
        for incident in await desk.journal.silent_strangers(self._known, renewal, desk.clock()):
            if found := await self._over(incident):
                await self._end(incident, *found)

    async def _decide_what_waits(self) -> None:
        """Decide what is new, some at a time; what can't wait comes between."""
        seen = 0
        while some := await self._desk.journal.waiting_strangers(self._known, seen, _AT_ONCE):
            await self._desk.focus.free()
            await self._decide(some)
            seen = some[-1].id

    async def _end(self, incident: Incident, ending: Ending, why: str) -> None:
        if await self._desk.journal.end_stranger(incident, ending, why, self._desk.clock()):
            _log.info("incident over", incident=incident.id, ending=ending, why=why)

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

    async def _decide(self, incidents: Sequence[Incident]) -> None:
        desk, now = self._desk, self._desk.clock()
        policy = desk.settings.policy
        rulings = [(i, decide.decide(evidence.stranger(i), policy, now)) for i in incidents]
        for incident, ruling in await desk.journal.decide_strangers(rulings, now):
            decided.tell(desk, incident, ruling, now)
