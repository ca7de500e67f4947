"""The decision: rotate to whom, or hold and why. Pure; every guard is a function of its own.

The guards stand in the order in which a person who is woken wants to read them: whom it is about,
whether the view is good, whether the alert is true, whether it is this witness' trouble at all,
whether anybody could take over, and last what has been allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chains.bitshares.views import majority_of
from switcher.evidence import Backup, Evidence, NodeWord, Readiness
from switcher.model import Decision
from switcher.settings import Policy
from switcher.transaction import SHORTEST_REST


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, the sentence for people, and with `Decision.ROTATE` the host that takes over."""

    decision: Decision
    sentence: str
    target: Backup | None = None


_Guard = Callable[[Evidence, Policy, float], Ruling | None]


def decide(evidence: Evidence, policy: Policy, now: float) -> Ruling:
    """Return what to do about an accusation at `now` (seconds since the epoch)."""
    for guard in _GUARDS:
        ruling = guard(evidence, policy, now)
        if ruling is not None:
            return ruling
    target = choose(evidence.ring, evidence.in_force)
    assert target is not None
    reason = _accusation(evidence, policy)
    return Ruling(Decision.ROTATE, f"{reason}; {target.name} takes over", target)


def choose(ring: Sequence[Backup], in_force: str | None) -> Backup | None:
    """Return the next producer after the one in force: a ready one, else one without endpoint.

    Walking the ring from the key in force makes two switchers choose alike.
    """
    keys = [backup.signing_key for backup in ring]
    start = keys.index(in_force) if in_force in keys else -1
    walk = [ring[(start + step) % len(ring)] for step in range(1, len(ring) + 1)]
    others = [backup for backup in walk if backup.signing_key != in_force]
    for readiness in (Readiness.READY, Readiness.UNWATCHED):
        for backup in others:
            if backup.readiness is readiness:
                return backup
    return None


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
        others = "; ".join(f"{n.name} {n.detail}" for n in e.nodes if n not in sound)
        sentence = f"{len(sound)} of {len(e.nodes)} nodes are usable, {needed} needed: {others}"
        return Ruling(Decision.NOT_QUORATE, sentence)
    if len(_fresh(e, now)) < needed and now - e.head_time < e.stale_after:
        sentence = f"fewer than {needed} of {len(e.nodes)} nodes are up to date"
        return Ruling(Decision.NOT_QUORATE, sentence)
    return None


def _stands_still(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    assert e.head_time is not None
    if now - e.head_time < e.stale_after:
        return None
    sentence = f"no block for {now - e.head_time:.0f} s: nobody produces"
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


def _not_corroborated(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if e.by_ourselves:
        if e.misses >= 1 and not e.has_signed:
            return None
        return Ruling(Decision.NOT_CORROBORATED, "the new key signs after all")
    if e.misses >= policy.missed_blocks:
        if not e.recovered:
            return None
        sentence = f"{e.misses} misses, but the key has signed a block since the last of them"
        return Ruling(Decision.NOT_CORROBORATED, sentence)
    sentence = f"the chain shows {e.misses} misses of that key, {policy.missed_blocks} are needed"
    return Ruling(Decision.NOT_CORROBORATED, sentence)


def _update_pending(e: Evidence, _policy: Policy, now: float) -> Ruling | None:
    agreeing = [node for node in _fresh(e, now) if node.shown_key == e.in_force]
    if len(agreeing) >= majority_of(len(e.nodes)):
        return None
    pending = ", ".join(n.name for n in _fresh(e, now) if n.shown_key != e.in_force)
    sentence = f"{pending} shows another key that no block holds yet: an update is under way"
    return Ruling(Decision.UNCONFIRMED, sentence)


def _network_wide(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if e.participation < policy.min_participation:
        sentence = (
            f"only {e.participation:.0%} of recent slots are filled, below "
            f"{policy.min_participation:.0%}: others miss as well"
        )
        return Ruling(Decision.NETWORK_WIDE, sentence)
    if e.lifetime is None or e.lifetime < SHORTEST_REST:
        sentence = "blocks don't become irreversible: too many witnesses are missing"
        return Ruling(Decision.NETWORK_WIDE, sentence)
    return None


def _no_backup_ready(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if choose(e.ring, e.in_force) is not None:
        return None
    others = [b for b in e.ring if b.signing_key != e.in_force]
    states = "; ".join(f"{backup.name} {backup.detail}" for backup in others)
    return Ruling(Decision.NO_BACKUP_READY, states or "no other producer is configured")


def _disarmed(e: Evidence, _policy: Policy, _now: float) -> Ruling | None:
    if e.armed:
        return None
    said = f" ({e.disarmed_by})" if e.disarmed_by else ""
    return _would(e, Decision.DISARMED, f"{e.witness} is disarmed{said}")


def _budget_spent(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    if e.spent < policy.rotations_per_day:
        return None
    return _would(e, Decision.BUDGET_SPENT, f"{e.spent} rotations within 24 hours are the limit")


def _cooling_down(e: Evidence, policy: Policy, now: float) -> Ruling | None:
    # A key that never signed is the last rotation's own failure, which waiting does not mend.
    if e.by_ourselves or e.last_rotation is None:
        return None
    left = e.last_rotation + policy.cool_down - now
    if left <= 0:
        return None
    return _would(e, Decision.COOLING_DOWN, "the last rotation was less than a cool-down ago")


def _dry_run(e: Evidence, policy: Policy, _now: float) -> Ruling | None:
    return _would(e, Decision.DRY_RUN, "this is a dry run") if policy.dry_run else None


def _would(e: Evidence, decision: Decision, why: str) -> Ruling:
    target = choose(e.ring, e.in_force)
    assert target is not None
    return Ruling(decision, f"{why}; would rotate to {target.name}")


def _fresh(e: Evidence, now: float) -> list[NodeWord]:
    return [
        node
        for node in e.nodes
        if node.up
        and node.canonical
        and node.head_time is not None
        and now - node.head_time < node.stale_after
    ]


def _accusation(e: Evidence, policy: Policy) -> str:
    if e.by_ourselves:
        return "the new key missed its first slot"
    return f"{e.misses} misses, {policy.missed_blocks} suffice"


_GUARDS: tuple[_Guard, ...] = (
    _unknown_witness,
    _not_quorate,
    _stands_still,
    _stopped_by_owner,
    _superseded,
    _foreign_key,
    _rotating,
    _not_corroborated,
    _update_pending,
    _network_wide,
    _no_backup_ready,
    _disarmed,
    _budget_spent,
    _cooling_down,
    _dry_run,
)
