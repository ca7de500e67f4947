"""Orders by hand: what is to be put on air, what it would cost, and what would hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.bitshares.objects import CORE_UNITS
from switcher import decide, evidence
from switcher.answers import Objection, Preview
from switcher.desk import Desk
from switcher.errors import DisagreementError, OrderError
from switcher.hosts import backups
from switcher.model import ActionName, Cause, Decision, Incident, Order, Record
from switcher.orders import still_open
from switcher.rotate import Plan
from switcher.ruling import choose

_FINAL = frozenset(
    {
        Decision.UNKNOWN_WITNESS,
        Decision.STOPPED_BY_OWNER,
        Decision.SUPERSEDED,
        Decision.NO_BACKUP_READY,
        Decision.DRY_RUN,
        Decision.FEE_TOO_HIGH,
    }
)
"""What waiting does not mend: such an order is refused."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order that a person gives, and the key that it is to replace: the one then in force."""

    witness: str
    cause: Cause
    signing_key: str
    order: Order


def proposed(
    desk: Desk, witness: str, cause: Cause, to: str | None, who: str, why: str
) -> Proposal:
    """Return the order that a person gives, against the key that is in force now.

    `to` names the producer to put on air; None means the next that is ready, or with a drill all.

    Raises:
        OrderError: no such producer, it is on air already, or none is left; or a drill of a witness
            that has no slots.
    """
    settings = desk.watch.settings.witness(witness)
    key = _key_in_force(desk, witness)
    on_air = settings.producer_of(key)
    names = [producer.name for producer in settings.producers]
    start = names.index(on_air.name) + 1 if on_air else 0
    others = [
        name for name in (*names[start:], *names[:start]) if not on_air or name != on_air.name
    ]
    if to is not None and to not in names:
        raise OrderError(f"{witness} has no such producer, only: {', '.join(names)}.")
    if to is not None and to not in others:
        raise OrderError(f"{to} is on air for {witness} already.")
    if not others:
        raise OrderError(f"{witness} has no other producer in the configuration.")
    if cause is Cause.DRILL:
        ids = desk.watch.witness_ids(witness)
        if ids is None or not desk.watch.follower.possible_slots(ids.witness_id):
            raise OrderError(f"{witness} is not active, so that nobody can be seen to sign for it.")
        order = Order(who, why, tuple(others), on_air.name if on_air else None)
    else:
        order = Order(who, why, (to or _next_ready(desk, witness, key) or others[0],))
    return Proposal(witness, cause, key, order)


async def preview(desk: Desk, proposal: Proposal) -> Preview:
    """Return what an order would do at present."""
    now, watch = desk.clock(), desk.watch
    witness, key, order = proposal.witness, proposal.signing_key, proposal.order
    incident = Incident(
        0, ActionName.ROTATE, witness, key, key, now, now, cause=proposal.cause, order=order
    )
    record = await desk.journal.record(witness, now - evidence.DAY)
    views = await watch.read_nodes()
    facts = evidence.gather(watch, views, incident, record, desk.clock())
    rulings = decide.objections(facts, desk.settings.policy, desk.clock())
    objections = [Objection(r.decision, r.sentence) for r in rulings]
    plan: Plan | None = None
    if facts.wanted is not None:
        try:
            plan = await desk.rotator.plan(witness, facts.wanted, views)
        except DisagreementError as error:
            objections.insert(0, Objection(Decision.NOT_QUORATE, str(error)))
    if plan and (too_high := desk.rotator.fee_refusal(plan)) is not None:
        objections.insert(0, Objection(Decision.FEE_TOO_HIGH, too_high))
    settings = watch.settings.witness(witness)
    on_air = settings.producer_of(key)
    cannot_sign = desk.rotator.sign_refusal(plan) if plan else None
    head, updates = watch.follower.head, len(order.route) + (order.back is not None)
    return Preview(
        witness=witness,
        signing_key=key,
        on_air=on_air.name if on_air else None,
        route=list(order.route),
        back=order.back,
        slots=[slot for slot in facts.slots.times if slot >= now],
        round_seconds=facts.slots.interval * len(head.active) if head else 0,
        core_symbol=watch.settings.core_symbol,
        fee=plan.fee / CORE_UNITS if plan else None,
        balance=plan.balance / CORE_UNITS if plan else None,
        updates=updates,
        may_sign=cannot_sign is None if plan else None,
        planned=next((r.planned for r in rulings if r.decision is Decision.NOT_YET), now),
        objections=objections,
        refusal=_other_order(record) or _refusal(objections, plan, updates, cannot_sign),
    )


async def checked(desk: Desk, proposal: Proposal, instead_of: str | None = None) -> None:
    """See that an order can be carried out at all, and is still against the key in force.

    `instead_of` is the key in force that the plan told of which somebody agreed to, if he saw one.
    While nodes and journal were asked, another key than the proposal's may have come into force.

    Raises:
        OrderError: something holds it that waiting does not mend, or another key is in force.
    """
    seen = await preview(desk, proposal)
    key = _key_in_force(desk, proposal.witness)
    if key != proposal.signing_key or instead_of not in (None, key):
        settings = desk.watch.settings.witness(proposal.witness)
        producer = settings.producer_of(key)
        on_air = producer.name if producer else f"nobody of the ring ({key})"
        raise OrderError(f"Since the plan was shown {on_air} has come on air; look at it anew.")
    if seen.refusal is not None:
        raise OrderError(seen.refusal)


def _other_order(record: Record) -> str | None:
    other = next((i for i in record.incidents if i.order and not i.by_ourselves), None)
    return still_open(other.id, other.witness) if other else None


def _refusal(
    objections: Sequence[Objection], plan: Plan | None, updates: int, cannot_sign: str | None
) -> str | None:
    for objection in objections:
        if objection.decision in _FINAL:
            return f"Refused ({objection.decision}): {objection.sentence}."
    if cannot_sign is not None:
        return f"Refused (cannot_sign): {cannot_sign}"
    if plan is not None and plan.balance < plan.fee * updates:
        needed, balance = plan.fee * updates / CORE_UNITS, plan.balance / CORE_UNITS
        return f"Refused (cannot_pay): it takes {needed:.12g} of fees, there is {balance:.12g}."
    return None


def _key_in_force(desk: Desk, witness: str) -> str:
    key = evidence.key_in_force(desk.watch, witness)
    if key is None:
        raise OrderError(f"No node has shown yet which key is in force for {witness}.")
    return key


def _next_ready(desk: Desk, witness: str, key: str) -> str | None:
    watch = desk.watch
    settings = watch.settings.witness(witness)
    found = choose(backups(settings, watch.producers, (), watch.follower, desk.clock()), key)
    return found.name if found else None
