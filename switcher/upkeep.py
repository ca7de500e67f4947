"""What ends a witness' incidents besides a decision, and what opens one without an alert."""

from __future__ import annotations

import structlog

from switcher import orders
from switcher.desk import Desk
from switcher.evidence import key_in_force
from switcher.hosts import backups
from switcher.model import Cause, Ending, Incident, Record

_log = structlog.get_logger("switcher.upkeep")


async def end(
    desk: Desk, incident: Incident, ending: Ending, why: str, record: Record | None = None
) -> None:
    """End an incident; what a drill has shown until then is remembered (`record` is the witness').

    Raises:
        JournalError: it could not be written down.
    """
    now = desk.clock()
    through = now if ending is Ending.DRILLED else None
    results = orders.drilled(incident, record, through) if record else []
    if results:
        await desk.journal.note_drill(incident.witness, results)
        desk.metrics.drilled(incident.witness, results)
    await desk.journal.end(incident, ending, why, now)
    _log.info("incident over", ending=ending, why=why)


async def ended(desk: Desk, incident: Incident, record: Record) -> bool:
    """End an incident whose alerts are over, or an order that is through or can't go on."""
    if incident.by_ourselves:
        return False  # a key that we accuse ourselves has no alert
    found = _order_over(incident, record, desk) if incident.order else alert_over(incident, desk)
    if found is None:
        return False
    await end(desk, incident, *found, record)
    return True


def alert_over(incident: Incident, desk: Desk) -> tuple[Ending, str] | None:
    """Return what ends an incident that no alert has renewed for long, None while it goes on."""
    now, renewal = desk.clock(), desk.settings.incident_renewal
    # A time far ahead was written by a clock that was wrong, and would keep it open until then.
    renewed = incident.renewed if incident.renewed - now <= renewal else 0.0
    silent = now - max(renewed, desk.started())
    if silent > renewal:
        return Ending.NOT_RENEWED, f"no alert renewed it for {renewal} s"
    return None


async def offer_return(desk: Desk, witness: str, record: Record) -> bool:
    """Open an order that brings the preferred host back, if one is due; tell whether it was."""
    watch, policy, now = desk.watch, desk.settings.policy, desk.clock()
    key, ids = key_in_force(watch, witness), watch.witness_ids(witness)
    if policy.return_after is None or key is None or ids is None:
        return False
    # Whoever put it in force, this switcher, another one or the owner, gets as much time.
    term = watch.follower.term(ids.witness_id)
    if term is not None and (term.since_time or 0) > now - policy.return_after:
        return False
    settings = watch.settings.witness(witness)
    views = [view for view in watch.producers if view.witness == witness]
    ring = backups(settings, views, record.rotations, watch.follower, now)
    order = orders.returning(ring, views, key, record, policy, now)
    if order is None:
        return False
    await desk.journal.open_order(witness, key, Cause.RETURN, order, now)
    _log.info("return", why=order.why)
    return True


def _order_over(incident: Incident, record: Record, desk: Desk) -> tuple[Ending, str] | None:
    if orders.is_cancelled(incident, record):
        return Ending.CANCELLED, f"{incident.witness} was disarmed by {record.arming.who}"
    if orders.is_overdue(incident, record, desk.clock()):
        return Ending.GIVEN_UP, f"it waited for {orders.PATIENCE:.0f} s: {incident.sentence}"
    own = record.of(incident)
    if incident.cause is not Cause.DRILL and own and own[-1].failed:
        return Ending.GIVEN_UP, own[-1].sentence
    if incident.cause is Cause.DRILL and _is_through(incident, record, desk):
        return Ending.DRILLED, orders.report(orders.drilled(incident, record, desk.clock()))
    return None


def _is_through(incident: Incident, record: Record, desk: Desk) -> bool:
    watch, witness = desk.watch, incident.witness
    settings = watch.settings.witness(witness)
    ring = backups(settings, watch.producers, (), watch.follower, desk.clock())
    key = key_in_force(watch, witness)
    return key is not None and orders.next_target(incident, record, ring, key) is None
