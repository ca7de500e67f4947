"""What a decision comes to, and who would take over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from switcher.evidence import Evidence
from switcher.grounds import plainly_missing
from switcher.hosts import Backup
from switcher.model import Cause, Decision, Readiness
from switcher.settings import Policy

NOBODY = "nobody"
"""The name of what the null key puts on air."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, the sentence for people, and with `Decision.ROTATE` the host that takes over.

    `planned` is the time (seconds since the epoch) for which `Decision.NOT_YET` plans it, if known.
    """

    decision: Decision
    sentence: str
    target: Backup | None = None
    planned: float | None = None


def target_of(e: Evidence, policy: Policy) -> Backup | None:
    """Return who would go on air now: whom an order wants, or the next backup that is ready.

    Where none is, the policy says so, and the chain alone shows that the key in force does not
    sign, it is nobody: the null key. That all hosts are out of reach is no reason to stop one.
    """
    if e.cause is not Cause.ALERT:
        return e.wanted if e.wanted is not None and e.wanted.usable else None
    found = choose(e.ring, e.in_force)
    if found is None and policy.exhausted == "null_key" and plainly_missing(e, policy):
        return Backup(NOBODY, e.null_key, Readiness.READY)
    return found


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


def turn_of(target: Backup) -> str:
    """Return the clause that says who takes over."""
    if target.name == NOBODY:
        return "no backup is left, the null key stops the witness"
    return f"{target.name} takes over"
