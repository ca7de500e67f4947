"""An order's plan in words. Pure: `now` comes in, times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from switcher.answers import Preview, ProducerStatus
from switcher.model import Decision, Readiness
from switcher.times import clock_time, lasting

_SHOWN_SLOTS = 3
_LONGEST_LEG = 3
"""Rounds that a host may take: to the gap and its own slot, until the update is irreversible."""

_ALL_WELL = (
    "all well: the nodes agree, blocks come and become irreversible, no update is under way, "
    "{route} ready, a key at hand may sign, the account can pay"
)
_NOT_ALL_WELL = "nodes, blocks, updates under way, backups, keys and fee; this is against it:"


def told(
    plan: Preview, now: float, producers: Sequence[ProducerStatus] = ()
) -> Iterator[tuple[str, str]]:
    """Yield what an order would do as pairs: a word, and what there is to say about it.

    A drill passes over those of `producers` that are down, so that they are not counted.
    """
    down = [each for each in producers if each.readiness == Readiness.DOWN]
    passed = [each for each in down if each.name in plan.route]
    yield "on air", plan.on_air or f"nobody of the ring; the key in force is {plan.signing_key}"
    yield "then", _turns(plan, passed)
    yield "slots", _slots(plan, now)
    against = [each for each in plan.objections if each.decision != Decision.NOT_YET]
    if not against:
        yield "gap", _gap(plan, now)
    if plan.updates > 1:
        yield "takes", _duration(plan)
    yield "fee", _fee(plan, [each.name for each in passed])
    route = f"{plan.route[0]} is" if len(plan.route) == 1 else "a backup is"
    well = not against and plan.refusal is None
    yield "checked", _ALL_WELL.format(route=route) if well else _NOT_ALL_WELL
    for each in against:
        yield "against", f"{each.decision}: {each.sentence}"
    yield "after", "the cool-down starts; nothing of the automatic budget is spent"


def _turns(plan: Preview, passed: Sequence[ProducerStatus]) -> str:
    down = {each.name for each in passed}
    hosts = [name for name in plan.route if name not in down]
    back = [f"back to {plan.back}"] if hosts and plan.back else []
    without = [f"{each.name} is passed over unless it comes back{_why(each)}" for each in passed]
    return "; ".join([", ".join([*hosts, *back]) or "nobody", *without])


def _why(down: ProducerStatus) -> str:
    return f" ({down.detail})" if down.detail else ""


def _slots(plan: Preview, now: float) -> str:
    certain, drawn = _parted(plan)
    ahead = [f"{clock_time(slot)} (in {slot - now:.0f} s)" for slot in certain[:_SHOWN_SLOTS]]
    if drawn is not None:
        ahead.append(f"any from {clock_time(drawn)} on (in {drawn - now:.0f} s; not drawn yet)")
    return ", ".join(ahead) or f"none: {plan.witness} is not active"


def _parted(plan: Preview) -> tuple[list[int], int | None]:
    """Return the slots that are the witness', and the first of those that the shuffle draws.

    The plan ends with all slots of the next round.
    """
    if not plan.slots:
        return [], None
    begin = plan.slots[-1] - plan.round_seconds
    certain = [slot for slot in plan.slots if slot <= begin]
    drawn = [slot for slot in plan.slots if slot > begin]
    return certain, drawn[0] if drawn else None


def _gap(plan: Preview, now: float) -> str:
    if plan.planned is None:
        return "none before the next shuffle; it waits for one, so that no block is lost"
    wait = plan.planned - now
    if wait <= 0:
        return "now: it goes out at once, and no block is lost"
    at = clock_time(plan.planned)
    return f"at {at} (in {wait:.0f} s); it waits for it, so that no block is lost"


def _duration(plan: Preview) -> str:
    least = plan.updates * plan.round_seconds
    most = least * _LONGEST_LEG
    return (
        f"about {lasting(least)} to {lasting(most)}: each host signs within about a round, and "
        "the next one waits until the update is irreversible"
    )


def _fee(plan: Preview, passed: Sequence[str]) -> str:
    if plan.fee is None or plan.balance is None:
        return "not known at present"
    fee, updates = plan.fee, plan.updates - len(passed)
    told = _amount(updates * fee, plan)
    if updates > 1:
        told = f"{updates} updates of {_amount(fee, plan)} are {told}"
    if passed:
        come = "comes" if len(passed) == 1 else "come"
        most = _amount(plan.updates * fee, plan)
        told += f" ({most} if {' and '.join(passed)} {come} back)"
    return f"{told}; the account has {_amount(plan.balance, plan)}"


def _amount(amount: float, plan: Preview) -> str:
    return f"{amount:,.12g} {plan.core_symbol}"
