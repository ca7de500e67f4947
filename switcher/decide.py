"""The decision: rotate to whom, or hold and why. Pure."""

from __future__ import annotations

from switcher.evidence import Evidence
from switcher.grounds import find
from switcher.guards import GUARDS, VIEW
from switcher.model import Cause, Decision
from switcher.ruling import Ruling, target_of, turn_of
from switcher.settings import Policy


def decide(evidence: Evidence, policy: Policy, now: float) -> Ruling:
    """Return what to do about an incident at `now` (seconds since the epoch)."""
    for guard in GUARDS[evidence.cause]:
        ruling = guard(evidence, policy, now)
        if ruling is not None:
            return ruling
    target = target_of(evidence, policy)
    assert target is not None
    return Ruling(Decision.ROTATE, f"{_reason(evidence, policy, now)}; {turn_of(target)}", target)


def objections(evidence: Evidence, policy: Policy, now: float) -> list[Ruling]:
    """Return everything that holds an incident at present, not only the first.

    Where the chain can't be seen well enough, that is all that can be said.
    """
    for guard in VIEW:
        if (ruling := guard(evidence, policy, now)) is not None:
            return [ruling]
    rulings = (guard(evidence, policy, now) for guard in GUARDS[evidence.cause])
    return [ruling for ruling in rulings if ruling is not None]


def _reason(e: Evidence, policy: Policy, now: float) -> str:
    if e.cause is Cause.ALERT:
        return find(e, policy, now).sentence
    return f"asked for ({e.cause})"
