"""The workers: one for each witness, so that a witness' incidents are dealt with one at a time.

A worker looks at its incidents when an alert comes that is new and may be true, at every new block,
and every few seconds in case blocks have stopped. What it decides, does and sees is in the journal
before it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog
from structlog.contextvars import bound_contextvars

from chains.bitshares.views import NodeView
from chains.standing import Verdict
from switcher import decide, decided, evidence, upkeep
from switcher.desk import Desk
from switcher.errors import DisagreementError, JournalError, OverruledError
from switcher.journal import crowd
from switcher.loop import Loop
from switcher.model import Cause, Decision, Ending, Incident, Record, by_decision
from switcher.rotate import Plan
from switcher.ruling import Ruling

_TRY_AGAIN = 0.5
"""Seconds after a step that failed when a rotation was due."""

_FIRST_CONTACT = 10.0
"""Seconds after the start in which no node, nor host, has to have been heard yet."""

_AT_ONCE = 10
"""Stale accusations that are decided in one transaction, which others may have to wait for."""

_log = structlog.get_logger("switcher.worker")


class Worker(Loop):
    """Deals with the incidents of one witness (its account)."""

    def __init__(self, desk: Desk, witness: str) -> None:
        super().__init__(witness=witness)
        self._desk = desk
        self._witness = witness
        self._planned: float | None = None

    @property
    def due(self) -> float | None:
        """Return when a planned rotation is due next (seconds since the epoch), if one is."""
        return self._planned

    def _pause(self) -> float:
        """Not beyond the time for which a rotation is planned."""
        pause = super()._pause()
        if self._planned is not None:
            pause = min(pause, max(0.0, self._planned - self._desk.clock()))
        return pause

    async def step(self) -> None:
        """Look once at everything that is open; only show it while another switcher acts.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """
        self._put_off_what_is_due()
        try:
            await self._step()
        except JournalError:
            self._desk.metrics.idle(self._witness)
            raise
        finally:
            if not self._wake.is_set():
                self._desk.focus.end(self._witness)

    def _put_off_what_is_due(self) -> None:
        """Have a plan tried again soon, but not without a pause, should this step fail."""
        now = self._desk.clock()
        if self._planned is not None and self._planned <= now:
            self._planned = now + _TRY_AGAIN

    async def _step(self) -> None:
        if self._desk.journal.acts_for(self._witness):
            await self._step_witness(self._witness)
        else:
            await self._stand_by()

    async def _stand_by(self) -> None:
        self._planned = None
        self._show(await self._read())
        drills = await self._desk.journal.drills(self._witness)
        self._desk.metrics.drilled(self._witness, drills)

    async def _step_witness(self, witness: str) -> None:
        began, record = self._desk.clock(), await self._read()
        if (rotation := record.open_rotation) is not None:
            with bound_contextvars(incident=rotation.draft.incident):
                await self._desk.follow_up.advance(rotation, record)
            record = await self._read()
        if await upkeep.offer_return(self._desk, witness, record):
            record = await self._read()
        if record.incidents and self._can_see():
            await self._consider_all(record)
            record = await self._read()
        # A plan whose time came during this very step is due at once, not at the next news.
        plans = [i.planned for i in record.incidents if i.planned is not None]
        self._planned = min((planned for planned in plans if planned > began), default=None)
        self._show(record)

    def _can_see(self) -> bool:
        """Tell whether nodes and hosts have been looked at, or had their time to be."""
        desk = self._desk
        hosts = [v.node for v in desk.watch.producers if v.witness == self._witness and v.node]
        awaited = any(host.verdict is Verdict.UNSYNCED and not host.up for host in hosts)
        heard = desk.watch.follower.head is not None and not awaited
        return heard or desk.clock() - desk.started() > _FIRST_CONTACT

    async def _consider_all(self, record: Record) -> None:
        """Decide every incident, the one about the key in force first.

        When there is news meanwhile, the rest waits until that has been looked at: accusations of
        ever other keys, which only cost time, must not hold up the one that is true.
        """
        views: Sequence[NodeView] | None = None
        in_force = evidence.key_in_force(self._desk.watch, self._witness)
        stale, rest = _parted(record, in_force)
        for incident in sorted(rest, key=lambda i: _turn(i, in_force)):
            rotation = record.open_rotation
            if rotation is not None and rotation.draft.incident == incident.id:
                continue  # after a broadcast only its outcome ends an incident
            with bound_contextvars(incident=incident.id):
                if await upkeep.ended(self._desk, incident, record):
                    continue
                views = views or await self._desk.watch.read_nodes()
                if await self._consider(incident, views, record):
                    record = await self._read()
            if self._wake.is_set():
                break
        self._desk.focus.end(self._witness)
        if stale and not self._desk.focus.remaining(self._witness):
            views = views or await self._desk.watch.read_nodes()
            await self._consider_stale(stale, views, record)

    async def _consider_stale(
        self, incidents: Sequence[Incident], views: Sequence[NodeView], record: Record
    ) -> None:
        """Decide accusations of keys that are not in force, whose evidence differs in nothing else.

        When there is news meanwhile, or another witness can't wait, the rest is left for the next
        look.
        """
        desk, now = self._desk, self._desk.clock()
        facts = evidence.gather(desk.watch, views, incidents[0], record, now)
        left = [each for each in incidents if not await upkeep.ended(desk, each, record)]
        rulings = [
            (each, decide.decide(replace(facts, accused=each.accused), desk.settings.policy, now))
            for each in left
        ]
        for first in range(0, len(rulings), _AT_ONCE):
            if self._wake.is_set() or desk.focus.remaining(self._witness):
                return
            some = rulings[first : first + _AT_ONCE]
            for incident, ruling in await desk.journal.decide_all(self._witness, some, now):
                decided.tell(desk, incident, ruling, now)

    async def _consider(
        self, incident: Incident, views: Sequence[NodeView], record: Record
    ) -> bool:
        """Decide an incident and act; tell whether a rotation was written down."""
        desk, now = self._desk, self._desk.clock()
        facts = evidence.gather(desk.watch, views, incident, record, now)
        ruling = decide.decide(facts, desk.settings.policy, now)
        if await self._is_over(incident, ruling.decision):
            await upkeep.end(desk, incident, Ending.RESOLVED, "its alerts are resolved", record)
            return False
        ruling, plan = await self._priced(incident, ruling, views)
        await self._note(incident, ruling)
        if ruling.decision is Decision.SUPERSEDED:
            await upkeep.end(desk, incident, Ending.SUPERSEDED, ruling.sentence, record)
        elif _needs_no_alert(incident, ruling.decision):
            await upkeep.end(desk, incident, Ending.RESOLVED, ruling.sentence)
        elif plan is not None:
            return await self._rotate(incident, plan, facts.accused)
        return False

    async def _is_over(self, incident: Incident, decision: Decision) -> bool:
        """Tell whether an incident is over with its alerts.

        Not while the chain shows by itself why to rotate: whoever can post alerts can post their
        end, too, and would keep off every rotation. Nor in a crowd, so that he can't have the same
        one begin and end over and over.
        """
        if not incident.resolved or not incident.hangs_on_alerts:
            return False
        if decision in (Decision.ROTATE, Decision.NOT_YET):
            return False
        now = self._desk.clock()
        return crowd.is_lull(incident.renewed, now) or not await self._desk.journal.crowded(now)

    async def _note(self, incident: Incident, ruling: Ruling) -> None:
        desk, decision, why = self._desk, ruling.decision, ruling.sentence
        now = desk.clock()
        if await desk.journal.decide(incident, decision, why, ruling.planned, now):
            decided.tell(desk, incident, ruling, now)

    async def _priced(
        self, incident: Incident, ruling: Ruling, views: Sequence[NodeView]
    ) -> tuple[Ruling, Plan | None]:
        if ruling.decision is not Decision.ROTATE or ruling.target is None:
            return ruling, None
        self._desk.focus.begin(incident.witness)
        try:
            plan = await self._desk.rotator.plan(incident.witness, ruling.target, views)
        except DisagreementError as error:
            return Ruling(Decision.NOT_QUORATE, str(error)), None
        if (too_high := self._desk.rotator.fee_refusal(plan)) is not None:
            return Ruling(Decision.FEE_TOO_HIGH, too_high), None
        return ruling, plan

    async def _rotate(self, incident: Incident, plan: Plan, from_key: str) -> bool:
        try:
            rotation = await self._desk.rotator.rotate(incident, plan, from_key)
        except OverruledError as error:
            _log.info("nothing sent", why=str(error))
            return False
        _log.info(
            "rotation begun",
            outcome=rotation.outcome,
            to=rotation.draft.producer,
            transaction=rotation.draft.transaction_id,
            why=rotation.sentence,
        )
        _log.info("journal", head=str(await self._desk.journal.head()))
        return True

    async def _read(self) -> Record:
        return await self._desk.journal.record(self._witness, self._desk.clock() - evidence.DAY)

    def _show(self, record: Record) -> None:
        metrics, policy = self._desk.metrics, self._desk.settings.policy
        left = max(0, policy.rotations_per_day - record.spent())
        acts = self._desk.journal.acts_for(self._witness)
        metrics.witness(self._witness, armed=record.arming.armed, budget=left, acts=acts)
        metrics.open_incidents(self._witness, by_decision(record.incidents))


def _turn(incident: Incident, in_force: str | None) -> tuple[bool, bool]:
    """Return the place of an incident: the key in force first, and accusations before orders."""
    return incident.accused != in_force, incident.order is not None


def _parted(record: Record, in_force: str | None) -> tuple[list[Incident], list[Incident]]:
    """Return the incidents that only accuse keys that are not in force, and the rest."""
    stale, rest = list[Incident](), list[Incident]()
    rotation = record.open_rotation
    for incident in record.incidents:
        rotating = rotation is not None and rotation.draft.incident == incident.id
        (stale if _is_stale(incident, in_force) and not rotating else rest).append(incident)
    return stale, rest


def _is_stale(incident: Incident, in_force: str | None) -> bool:
    """Tell whether an incident only is an alert's accusation of a key that is not in force."""
    if in_force is None or incident.cause is not Cause.ALERT or incident.resolved:
        return False
    return incident.hangs_on_alerts and incident.accused != in_force


def _needs_no_alert(incident: Incident, decision: Decision) -> bool:
    """Tell whether an incident that no alert feeds has lost its reason."""
    if incident.by_ourselves:
        return decision is Decision.NOT_CORROBORATED
    return incident.cause is Cause.RETURN and decision is Decision.NO_BACKUP_READY
