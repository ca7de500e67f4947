"""Rotations that no alert asks for: by hand, as a drill, or back to the preferred host. Pure.

An order is an incident like any other: decided again at each block until it is over. A drill takes
the backups in turn, and what it has come to follows from its rotations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chains.bitshares.views import ProducerView
from switcher.hosts import Backup
from switcher.model import (
    Cause,
    DrillResult,
    Incident,
    Order,
    Outcome,
    Record,
    Rotation,
)
from switcher.settings import Policy

PATIENCE = 900.0
"""Seconds after which an order that could not go on is given up."""


_RESULTS = {Outcome.ON_AIR: DrillResult.SIGNED, Outcome.NEVER_SIGNED: DrillResult.NEVER_SIGNED}


@dataclass(frozen=True, slots=True)
class Drilled:
    """What became of one producer in a drill, and when (seconds since the epoch)."""

    producer: str
    result: DrillResult
    time: float


def expected_key(incident: Incident, record: Record) -> str:
    """Return the key that an incident takes to be in force: during a drill its own last one."""
    if incident.cause is not Cause.DRILL:
        return incident.accused
    done = [r for r in record.of(incident) if r.block is not None]
    return done[-1].draft.to_key if done else incident.accused


def next_target(
    incident: Incident, record: Record, ring: Sequence[Backup], in_force: str | None
) -> Backup | None:
    """Return whom an order wants on air next, ready or not; None when it is through, or no order.

    A drill passes over whom it has tried and who is not ready, and in the end goes back. Where that
    can't be, or whoever it went back to never signs, it leaves a host that signed on air.
    """
    order = incident.order
    if order is None or incident.by_ourselves:
        return None
    by_name = {backup.name: backup for backup in ring}
    if incident.cause is not Cause.DRILL:
        return by_name.get(order.route[0])
    tried = {r.draft.producer for r in record.of(incident) if r.ended is not None}
    for name in order.route:
        backup = by_name.get(name)
        if name not in tried and backup and backup.usable and backup.signing_key != in_force:
            return backup
    own, home = record.of(incident), by_name.get(order.back or "")
    at_home = home is None or home.signing_key == in_force or _tried_home(own, home)
    if (at_home or (home and not home.usable)) and (refuge := _refuge(own, by_name, in_force)):
        return refuge
    return None if at_home else home


def drilled(incident: Incident, record: Record, through: float | None = None) -> list[Drilled]:
    """Return what a drill has shown so far of the producers that it was to put on air.

    Of one that was through (at a time in seconds since the epoch), who had no turn was not ready.
    """
    order = incident.order
    if incident.cause is not Cause.DRILL or order is None:
        return []
    results = {}
    for rotation in record.of(incident):
        if rotation.ended is not None:
            results[rotation.draft.producer] = _result(rotation)
    if through is not None:
        for name in order.route:
            results.setdefault(name, Drilled(name, DrillResult.NOT_READY, through))
    return list(results.values())


def report(results: Sequence[Drilled]) -> str:
    """Return a drill's results as a sentence."""
    told = [f"{each.producer} {each.result.replace('_', ' ')}" for each in results]
    return "drilled: " + ", ".join(told)


def still_open(number: int, witness: str) -> str:
    """Return the sentence with which a second order is refused."""
    return (
        f"Order {number} for {witness} is still open; wait for it, or disarm {witness} to end it."
    )


def is_overdue(incident: Incident, record: Record, now: float) -> bool:
    """Tell whether an order has waited too long for what it waits for."""
    since = max([incident.opened, *(r.ended or now for r in record.of(incident))])
    return incident.order is not None and not incident.by_ourselves and now - since > PATIENCE


def is_cancelled(incident: Incident, record: Record) -> bool:
    """Tell whether the witness was disarmed after an order was given by hand."""
    permitted = record.arming.permits(by_hand=incident.by_hand, asked=incident.opened)
    return incident.by_hand and not permitted


def returning(
    ring: Sequence[Backup],
    views: Sequence[ProducerView],
    in_force: str | None,
    record: Record,
    policy: Policy,
    now: float,
) -> Order | None:
    """Return the order that brings the first producer of the ring back, None while none is due.

    `views` are the witness' producers. It has to have been well for `return_after` without a
    break, with nothing else going on for as long. One that did not sign when it was last put on
    air within the record's day is left to people: its endpoint shows nothing of that.
    """
    if policy.return_after is None or policy.dry_run or not ring or not record.arming.armed:
        return None
    since = now - policy.return_after
    busy = bool(record.incidents) or any((r.ended or now) > since for r in record.rotations)
    known = any(backup.signing_key == in_force for backup in ring)
    preferred = ring[0]
    node = next((v.node for v in views if v.producer.name == preferred.name), None)
    if busy or not known or preferred.signing_key == in_force or node is None:
        return None
    if not preferred.usable or not node.well or node.since > since:
        return None
    if record.spent() >= policy.rotations_per_day or _failed_today(preferred, record):
        return None
    why = f"{preferred.name} has been well for {policy.return_after} s"
    return Order("policy", why, (preferred.name,))


def _result(rotation: Rotation) -> Drilled:
    outcome, ended = rotation.outcome, rotation.ended or 0.0
    result = _RESULTS.get(outcome, DrillResult.FAILED) if outcome else DrillResult.FAILED
    return Drilled(rotation.draft.producer, result, rotation.on_air or ended)


def _failed_today(host: Backup, record: Record) -> bool:
    tried = [r for r in record.rotations if r.draft.to_key == host.signing_key]
    return bool(tried) and tried[-1].outcome is Outcome.NEVER_SIGNED


def _refuge(
    rotations: Sequence[Rotation], ring: Mapping[str, Backup], in_force: str | None
) -> Backup | None:
    """Return a host that signed in this drill, where the one on air never did."""
    done = [r for r in rotations if r.ended is not None]
    if not done or done[-1].outcome is not Outcome.NEVER_SIGNED:
        return None
    if done[-1].draft.to_key != in_force:
        return None
    signed = (ring.get(r.draft.producer) for r in done if r.outcome is Outcome.ON_AIR)
    return next((host for host in signed if host is not None and host.usable), None)


def _tried_home(rotations: Sequence[Rotation], home: Backup) -> bool:
    return any(r.ended is not None and r.draft.producer == home.name for r in rotations)
