"""What holds a rotation back: every guard is a function of its own. Pure.

The guards stand in the order in which a person who is woken wants to read them: whom it is about,
whether the view is good, whether the alert is true, whether it is this witness' trouble at all,
whether anybody could take over, whether it is time, and last what has been allowed. An order has
guards of its own: it needs no accusation, and what a person asks for needs no budget.
"""

from __future__ import annotations

from collections.abc import Callable

from chains.bitshares.views import majority_of
from switcher.evidence import Evidence, NodeWord
from switcher.grounds import find
from switcher.model import Cause, Decision
from switcher.moment import last_moment, quiet_moment
from switcher.ruling import NOBODY, Ruling, target_of, turn_of
from switcher.settings import Policy
from switcher.times import clock_time
from switcher.transaction import SHORTEST_REST

_CLOCK_BEHIND = 3.0
"""Seconds by which the chain may seem to be ahead of the clock here."""

_FORLORN = 60.0
"""Seconds for which no backup must have been ready before the null key is set."""

Guard = Callable[[Evidence, Policy, float], Ruling | None]
"""Returns what holds the rotation at a time (seconds since the epoch), None if it doesn't."""


def _unknown_witness(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if not e.configured:
        return Ruling(Decision.UNKNOWN_WITNESS, f"{e.witness} is not in the configuration")
    if not e.on_chain:
        return Ruling(Decision.UNKNOWN_WITNESS, f"{e.witness} is no witness on this chain")
    return None


def _not_quorate(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    needed = majority_of(len(e.nodes))
    if e.head_time is None or e.in_force is None:
        return Ruling(Decision.NOT_QUORATE, "no node has shown the chain yet")
    sound = [node for node in e.nodes if node.up and node.canonical]
    if len(sound) < needed:
        others = "; ".join(f"{n.name}: {n.detail}" for n in e.nodes if n not in sound)
        sentence = f"{len(sound)} of {len(e.nodes)} nodes usable, {needed} needed; {others}"
        return Ruling(Decision.NOT_QUORATE, sentence)
    ahead = sorted(n.head_time - now for n in sound if n.head_time is not None)
    if len(ahead) >= needed and ahead[-needed] > _CLOCK_BEHIND:
        sentence = f"the clock of this machine is {ahead[-needed]:.0f} s or more behind the chain"
        return Ruling(Decision.NOT_QUORATE, f"{sentence}; set it")
    if e.timekeeping.hopeless:
        return Ruling(Decision.NOT_QUORATE, e.timekeeping.sentence)
    if len(_fresh(e, now)) < needed and now - e.head_time < e.stale_after:
        sentence = f"fewer than {needed} of {len(e.nodes)} nodes are up to date"
        return Ruling(Decision.NOT_QUORATE, sentence)
    return None


def _stands_still(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    assert e.head_time is not None
    if now - e.head_time < e.stale_after:
        return None
    known = e.timekeeping.offset is not None
    why = "no node hears of any" if known else "the clock here is ahead"
    sentence = f"no block for {now - e.head_time:.0f} s: nobody produces, or {why}"
    return Ruling(Decision.NETWORK_WIDE, sentence)


def _stopped_by_owner(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if e.in_force != e.null_key:
        return None
    return Ruling(Decision.STOPPED_BY_OWNER, f"the owner stopped {e.witness} with the null key")


def _superseded(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if e.accused == e.in_force:
        return None
    sentence = f"key {e.in_force} is in force, not the accused {e.accused}"
    return Ruling(Decision.SUPERSEDED, sentence)


def _foreign_key(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if any(backup.signing_key == e.in_force for backup in e.ring):
        return None
    sentence = f"key {e.in_force} is in force and belongs to no configured producer"
    return Ruling(Decision.FOREIGN_KEY, sentence)


def _rotating(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if not e.rotating:
        return None
    return Ruling(Decision.UNCONFIRMED, f"an earlier rotation of {e.witness} is still open")


def _not_corroborated(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    finding = find(e, policy, now)
    return None if finding.ground else Ruling(Decision.NOT_CORROBORATED, finding.sentence)


def _update_pending(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    agreeing = [node for node in _fresh(e, now) if node.shown_key == e.in_force]
    if len(agreeing) >= majority_of(len(e.nodes)):
        return None
    pending = [node.name for node in _fresh(e, now) if node.shown_key != e.in_force]
    show = "shows" if len(pending) == 1 else "show"
    sentence = (
        f"{', '.join(pending)} {show} another key that no block holds yet: an update is under way"
    )
    return Ruling(Decision.UNCONFIRMED, sentence)


def _network_wide(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    if e.participation < policy.min_participation:
        sentence = (
            f"only {e.participation:.1%} of recent slots are filled, below "
            f"{policy.min_participation:.0%}: others miss as well"
        )
        return Ruling(Decision.NETWORK_WIDE, sentence)
    return _not_irreversible(e, policy, now)


def _not_irreversible(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if e.lifetime is None or e.lifetime < SHORTEST_REST:
        sentence = "blocks don't become irreversible: too many witnesses are missing"
        return Ruling(Decision.NETWORK_WIDE, sentence)
    return None


def _no_backup_ready(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if target_of(e, policy) is not None:
        return None
    others = [b for b in e.ring if b.signing_key != e.in_force]
    states = "; ".join(f"{backup.name}: {backup.detail}" for backup in others)
    return Ruling(Decision.NO_BACKUP_READY, states or "no other producer is configured")


def _last_resort(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    """Wait with the null key, which saves no block: a backup may only have gone for a moment."""
    target = target_of(e, policy)
    if target is None or target.name != NOBODY:
        return None
    gone = (b.since for b in e.ring if b.signing_key != e.in_force)
    planned = max(gone, default=0.0) + _FORLORN
    if planned <= now:
        return None
    sentence = f"{turn_of(target)} at {clock_time(planned)} unless one comes back"
    return Ruling(Decision.NOT_YET, sentence, planned=planned)


def _wanted_not_ready(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if target_of(e, policy) is not None:
        return None
    sentence = f"{e.wanted.name}: {e.wanted.detail}" if e.wanted else "nobody is left to put on air"
    return Ruling(Decision.NO_BACKUP_READY, sentence)


def _on_air_already(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if e.wanted is None or e.wanted.signing_key != e.in_force:
        return None
    return Ruling(Decision.SUPERSEDED, f"{e.wanted.name} is on air already")


def _not_yet(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    """Wait for the last moment: a host that comes back until then is not replaced.

    What would hold the rotation then, holds it now.
    """
    finding = find(e, policy, now)
    if not finding.can_wait:
        return None
    planned = last_moment(e.slots, finding.ready, now)
    if planned <= now:
        return None
    target = target_of(e, policy)
    assert target is not None
    sentence = (
        f"{finding.sentence}; {turn_of(target)} at {clock_time(planned)} unless it comes back"
    )
    held = next((r for g in _PERSONS if (r := g(e, policy, planned)) is not None), None)
    if held is not None:
        # Told at once, so that there is time to do something about it.
        told = f"{finding.sentence}; {held.sentence} at {clock_time(planned)}"
        return Ruling(held.decision, told)
    return Ruling(Decision.NOT_YET, sentence, planned=planned)


def _not_quiet(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    """Wait for a gap between two slots, unless nobody fills them anyway."""
    if e.wanted is None or (e.host is not None and e.host.sick) or not e.has_signed:
        return None
    planned = quiet_moment(e.slots, now)
    if planned == now:
        return None
    when = "after the next shuffle" if planned is None else f"at {clock_time(planned)}"
    sentence = f"{turn_of(e.wanted)} in the gap between two slots, {when}"
    return Ruling(Decision.NOT_YET, sentence, planned=planned)


def _disarmed(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if e.permitted:
        return None
    said = f" ({e.disarmed_by})" if e.disarmed_by else ""
    return _would(e, policy, Decision.DISARMED, f"{e.witness} is disarmed{said}")


def _budget_spent(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if e.spent < policy.rotations_per_day:
        return None
    why = f"rotations within 24 hours: {e.spent}, of {policy.rotations_per_day} allowed"
    return _would(e, policy, Decision.BUDGET_SPENT, why)


def _cooling_down(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    # A key that never signed is the last rotation's own failure, which waiting does not mend.
    if (e.by_ourselves and not e.last_failed) or e.last_rotation is None:
        return None
    over = e.last_rotation + policy.cool_down
    if over <= now:
        return None
    why = f"it cools down after the last rotation until {clock_time(over)}"
    return _would(e, policy, Decision.COOLING_DOWN, why)


def _dry_run(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    return _would(e, policy, Decision.DRY_RUN, "this is a dry run") if policy.dry_run else None


def _would(e: Evidence, policy: Policy, decision: Decision, why: str) -> Ruling:
    target = target_of(e, policy)
    return Ruling(decision, f"{why}; would rotate to {target.name if target else 'nobody'}")


def _fresh(e: Evidence, now: float) -> list[NodeWord]:
    return [
        node
        for node in e.nodes
        if node.up
        and node.canonical
        and node.head_time is not None
        and now - node.head_time < node.stale_after
    ]


VIEW: tuple[Guard, ...] = (_unknown_witness, _not_quorate, _stands_still, _stopped_by_owner)
"""Whom it is about, and whether the view is good."""

_PERSONS: tuple[Guard, ...] = (_disarmed, _budget_spent, _cooling_down)
"""What only a person can lift, or time."""

_ALLOWED: tuple[Guard, ...] = (*_PERSONS, _dry_run)
"""What has been allowed."""

_BY_HAND: tuple[Guard, ...] = (
    *VIEW,
    _on_air_already,
    _superseded,
    _rotating,
    _update_pending,
    _not_irreversible,
    _wanted_not_ready,
    _disarmed,
    _dry_run,
    _not_quiet,
)

GUARDS: dict[Cause, tuple[Guard, ...]] = {
    Cause.ALERT: (
        *VIEW,
        _superseded,
        _foreign_key,
        _rotating,
        _not_corroborated,
        _update_pending,
        _network_wide,
        _no_backup_ready,
        _last_resort,
        _not_yet,
        *_ALLOWED,
    ),
    Cause.MANUAL: _BY_HAND,
    Cause.DRILL: _BY_HAND,
    Cause.RETURN: (
        *VIEW,
        _on_air_already,
        _superseded,
        _foreign_key,
        _rotating,
        _update_pending,
        _network_wide,
        _wanted_not_ready,
        *_ALLOWED,
        _not_quiet,
    ),
}
