"""What to make of a peer that is said to be behind, and of what it did when it was asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chains.peer.findings import Standing
from chains.standing import Verdict
from chains.words import blocks
from peernode.resolution import Outcome, Resolution
from switcher.resolving.model import Attempt, Matter, ResolveDecision, ResolveOutcome
from switcher.resolving.ruling import Ruling

FAILED = frozenset(
    {
        ResolveOutcome.UNMOVED,
        ResolveOutcome.DIVERGED,
        ResolveOutcome.REFUSED,
        ResolveOutcome.UNREACHABLE,
    }
)
"""Outcomes after which the peer is where it was, or somewhere else again."""

LONGEST_PAUSE = 3_600.0
_FIRST_PAUSE = 30.0
"""Seconds between two attempts; it doubles with each one that came to nothing."""

_NEXT = 10.0
"""Seconds after an attempt that brought the peer nearer."""

_SHOWN = 12
"""Digits of a hash that tell blocks apart for people."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A peer and the replica, as they were compared last; `trouble` is why they were not, or ""."""

    name: str
    resolution: Resolution | None = None
    trouble: str = ""

    @property
    def standing(self) -> Standing | None:
        """Return how the peer stands, None where it was not looked at."""
        found = self.resolution.peers if self.resolution else ()
        return next((each for each in found if each.peer == self.name), None)

    def details(self) -> dict[str, Any]:
        """Return what the journal keeps of it."""
        seen, standing = self.resolution, self.standing
        return {
            "replica": {"length": seen.length, "tip": seen.tip} if seen else None,
            "peer": asdict(standing) if standing else None,
        }


def rule_on_peer(matter: Matter, seen: Compared, *, dry_run: bool) -> Ruling | None:
    """Return what to make of a peer that is said to be behind; None: it has caught up."""
    ours, standing = seen.resolution, seen.standing
    if ours is None or standing is None:
        why = seen.trouble or "the peers have not been looked at yet"
        return Ruling(ResolveDecision.NO_REPLICA, f"the replica can't be used: {why}")
    by_hand = matter.wish is not None
    # A peer that only lacks blocks loses none by ours, and may go on to any longer chain by itself.
    # Else a chain that costs nothing to forge, or is only claimed, would keep everybody behind.
    if ours.outcome is Outcome.TOO_DEEP and (by_hand or standing.verdict is not Verdict.BEHIND):
        remedy = f"understudy resolve {seen.name} --allow-depth {ours.depth}"
        return Ruling(ResolveDecision.TOO_DEEP, f"{ours.sentence} If that is meant: {remedy}")
    if standing.verdict is Verdict.CANONICAL:
        if matter.borne_out:
            return None
        said = f"{seen.name} has the longest valid chain, {blocks(ours.length)}"
        return Ruling(ResolveDecision.NOT_CORROBORATED, said)
    if standing.verdict is Verdict.UNREACHABLE:
        return Ruling(ResolveDecision.UNREACHABLE, f"{seen.name} {standing.detail}")
    return _by_length(seen.name, ours, standing, dry_run=dry_run, by_hand=by_hand)


def _by_length(
    name: str, ours: Resolution, standing: Standing, *, dry_run: bool, by_hand: bool
) -> Ruling:
    if standing.verdict is Verdict.FORKED and standing.length == ours.length:
        said = f"{name} is on a fork of equal length, {blocks(ours.length)}; that is not fought"
        return Ruling(ResolveDecision.EQUAL_LENGTH, said)
    if standing.length is not None and standing.length >= ours.length:
        return Ruling(
            ResolveDecision.NOT_LONGER,
            f"{name} says that it has {blocks(standing.length)} ({standing.detail}); it would not "
            f"give them up for the longest valid chain, {blocks(ours.length)}",
        )
    # Where a chain is invalid, the rest of it is not read, and its length not known.
    has = "a chain" if standing.length is None else blocks(standing.length)
    said = f"{name} has {has} ({standing.detail}), "
    said += f"the longest valid chain has {blocks(ours.length)}"
    if standing.verdict is Verdict.INVALID and not by_hand:
        said += f"; look at it first, then have it resolve: understudy resolve {name}"
        return Ruling(ResolveDecision.INVALID, said)
    if dry_run:
        return Ruling(ResolveDecision.DRY_RUN, f"would have it resolve: {said}")
    return Ruling(ResolveDecision.RESOLVE, said)


def came_of(
    asked: Mapping[str, Any], seen: Compared, refusal: str
) -> tuple[ResolveOutcome, str] | None:
    """Return what an attempt came to, and the sentence for it; None: nobody can tell now.

    `asked` are the details of the peer when it was asked, `refusal` is what it answered if that was
    no yes, else "". What it answered is no evidence: its chain shows what it did.
    """
    standing, ours = seen.standing, seen.resolution
    if standing is None or ours is None:
        return None
    name, said = seen.name, f": {refusal}" if refusal else ""
    if standing.length is None or standing.tip is None:
        now = f"{name} has a chain that isn't valid ({standing.detail})"
    else:
        now = f"{name} has {blocks(standing.length)}, tip {standing.tip[:_SHOWN] or 'none'}"
    if standing.verdict is Verdict.CANONICAL:
        return ResolveOutcome.CONVERGED, f"{now}: the longest valid chain"
    if standing.verdict is Verdict.UNREACHABLE:
        return ResolveOutcome.UNREACHABLE, f"{name} {standing.detail}{said}"
    before = asked.get("peer") or {}
    if (standing.length, standing.tip) == (before.get("length"), before.get("tip")):
        if refusal:
            return ResolveOutcome.REFUSED, f"{name} did not take it{said}"
        return ResolveOutcome.UNMOVED, f"{now} as before; can it reach the replica?"
    if standing.verdict is Verdict.BEHIND:
        return ResolveOutcome.MOVED, f"{now}, on the way to {blocks(ours.length)}"
    return ResolveOutcome.DIVERGED, f"{now}, another chain than the longest ({standing.detail})"


def due(matter: Matter) -> float:
    """Return from when on a peer may be asked again (seconds since the epoch), 0 for at once."""
    failures, last = 0, 0.0
    for each in reversed(matter.attempts):
        if each.outcome in FAILED:
            failures += 1
            last = last or each.time
        elif each.outcome is not ResolveOutcome.ASKED:
            break
    if failures:
        return last + min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE)
    return matter.attempts[-1].time + _NEXT if matter.attempts else 0.0


def needs_registering(matter: Matter, standing: Standing) -> bool:
    """Tell whether the peer has to be told of the replica: existing nodes forget none.

    Once is enough, unless it was started anew since: it was gone, or has fewer blocks than then.
    """
    registered: Attempt | None = None
    for each in matter.attempts:
        if each.outcome is ResolveOutcome.UNREACHABLE:
            registered = None
        elif each.details.get("registered"):
            registered = each
    if registered is None:
        return True
    before = (registered.details.get("peer") or {}).get("length") or 0
    return (standing.length or 0) < before
