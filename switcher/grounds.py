"""What speaks for a rotation: misses, a sick host, or a new key that never signs. Pure.

Three misses are enough by themselves; one is, where the host's own endpoint says that it is sick;
and a host that has been away for long enough is replaced before it misses any.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from switcher.evidence import Evidence
from switcher.hosts import Condition, Host
from switcher.settings import Policy
from switcher.times import date_and_time

_LONGEST_BLIP = 13.0
"""Seconds at most that a host is given which missed its slot: a blip may just have met it."""


class Ground(StrEnum):
    """Why a rotation is wanted."""

    NEVER_SIGNED = "never_signed"
    MISSES = "misses"
    MISS_AND_SICK = "miss_and_sick"
    SICK = "sick"


@dataclass(frozen=True, slots=True)
class Finding:
    """What speaks for a rotation (`ground` None: not enough does), in a sentence.

    `ready` is the time (seconds since the epoch) from which it is enough.
    """

    ground: Ground | None
    sentence: str
    ready: float = 0.0

    @property
    def can_wait(self) -> bool:
        """Tell whether nothing is lost by waiting for the last moment before the next slot."""
        return self.ground in (Ground.MISS_AND_SICK, Ground.SICK)


def find(e: Evidence, policy: Policy, now: float) -> Finding:
    """Return what speaks for rotating away from the accused key, which is in force."""
    if e.by_ourselves:
        if e.misses >= 1 and not e.has_signed:
            return Finding(Ground.NEVER_SIGNED, "the new key missed its first slot")
        return Finding(None, "the new key signs after all")
    if plainly_missing(e, policy):
        sentence = f"{_misses(e)}, {policy.missed_blocks} suffice"
        return Finding(Ground.MISSES, sentence)
    if e.host is not None and e.host.sick:
        return _of_sick_host(e, e.host, policy, now)
    return Finding(None, _too_little(e, policy))


def plainly_missing(e: Evidence, policy: Policy) -> bool:
    """Tell whether the chain alone shows that the key in force does not sign."""
    return e.misses >= policy.missed_blocks and not e.recovered and not e.excused


def _of_sick_host(e: Evidence, host: Host, policy: Policy, now: float) -> Finding:
    told = sickness(host)
    if not e.slots:
        return Finding(None, f"{told}; {e.witness} is not active, so that it has no slot to miss")
    since = now if host.lacks_since is None else host.lacks_since
    if e.misses and not e.recovered:
        ready = since + min(policy.preempt_after, _LONGEST_BLIP)
        return Finding(Ground.MISS_AND_SICK, f"{_misses(e)}, and {told}", ready)
    if host.signed_since:
        return Finding(None, f"{told}, but it has signed a block since")
    if not may_preempt(host):
        return Finding(None, f"{told}; with preempt: {host.preempt} it has to miss a block first")
    return Finding(Ground.SICK, told, ready=since + policy.preempt_after)


def may_preempt(host: Host) -> bool:
    """Tell whether a host's setting lets it be replaced before it misses a block."""
    if host.preempt == "lagging":
        return host.condition is Condition.ASTRAY
    return host.preempt == "all"


def sickness(host: Host) -> str:
    """Return what is wrong with a host, for people."""
    since = "" if host.lacks_since is None else f"since {date_and_time(host.lacks_since)}; "
    unreachable = host.condition is Condition.UNREACHABLE
    what = "does not answer" if unreachable else "is not at the canonical head"
    return f"{host.name} {what} ({since}{host.detail})"


def _misses(e: Evidence) -> str:
    return f"{e.misses} miss" if e.misses == 1 else f"{e.misses} misses"


def _too_little(e: Evidence, policy: Policy) -> str:
    if e.misses >= policy.missed_blocks:
        return f"{_misses(e)}, but {_redeeming(e)}"
    told = f"the chain shows {_misses(e)} of that key, {policy.missed_blocks} are needed"
    well = e.host is not None and e.host.condition is Condition.WELL
    return f"{told}; {e.host.name} is at the head" if well and e.host else told


def _redeeming(e: Evidence) -> str:
    if e.recovered or e.host is None or e.host.absence is None:
        return "the key has signed a block since the last of them"
    back = date_and_time(e.host.absence[1])
    return f"{e.host.name} was away for all of them, and has been at the head again since {back}"
