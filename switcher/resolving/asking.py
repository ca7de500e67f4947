"""What a person asks for: what it would come to, and taking the order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from peernode.resolution import Outcome
from switcher.errors import OrderError
from switcher.model import Cause
from switcher.resolving.answers import ResolvePreview
from switcher.resolving.examine import Examined, back, rule_on_node
from switcher.resolving.model import Kind, Matter, ResolveDecision, Subject, Wish, still_open
from switcher.resolving.rule_on_peer import Compared, rule_on_peer
from switcher.resolving.ruling import Ruling
from switcher.resolving.staff import ChainStaff
from switcher.resolving.status import peer_status, replica_status

if TYPE_CHECKING:
    from switcher.resolving.keeper import Keeper

_REST = 10.0
"""Seconds after a look at the peers for which it serves to show what an order would come to."""

_PATIENCE = 10.0
"""Seconds that a preview waits for the peers; a first look at a long chain takes longer."""

_BUSY = "the replica is still looking at the peers, and the order waits for that"

_POINTLESS = frozenset(ResolveDecision) - {
    ResolveDecision.RESOLVE,
    ResolveDecision.REPORT,
    ResolveDecision.NOT_QUORATE,
}
"""Decisions upon which an order would end at once."""


async def preview(
    staff: ChainStaff, subject: Subject, wish: Wish, *, afresh: bool = False
) -> ResolvePreview:
    """Return what an order would come to; `afresh`: by no look at the peers that began earlier.

    Raises:
        JournalError: it can't be read.
    """
    now = staff.desk.clock()
    matter = Matter(0, subject, now, now, cause=Cause.MANUAL, wish=wish)
    seen = None
    if subject.kind is Kind.PEER and staff.keeper is not None:
        seen = await _compared(staff.keeper, subject.name, 0.0 if afresh else None)
        ruling = _peer(staff, staff.keeper, matter, seen)
    else:
        ruling = await _node(staff, matter)
    depth = _depth(seen)
    allowed = depth is not None and (wish.allow_depth or 0) >= depth
    other = await staff.desk.docket.asked_already(subject)
    refusal = still_open(other, subject) if other else None
    busy = seen is not None and seen.trouble == _BUSY
    if refusal is None and ruling.decision in _POINTLESS and not (allowed or busy):
        refusal = f"Refused ({ruling.decision}): {ruling.sentence}"
    standing = seen.standing if seen else None
    return ResolvePreview(
        kind=subject.kind,
        name=subject.name,
        decision=ruling.decision,
        sentence=ruling.sentence,
        replica=replica_status(staff.keeper) if seen and staff.keeper else None,
        peer=peer_status(standing) if standing else None,
        depth=depth,
        allow_depth=wish.allow_depth,
        refusal=refusal,
    )


async def order(staff: ChainStaff, subject: Subject, wish: Wish) -> Matter:
    """Take an order; its worker sees to it at once.

    Raises:
        OrderError: it would come to nothing.
        JournalError: nothing was written.
    """
    seen = await preview(staff, subject, wish, afresh=True)
    if seen.refusal is not None:
        raise OrderError(seen.refusal)
    matter = await staff.desk.docket.ask(subject, wish, staff.desk.clock())
    staff.wake([subject])
    return matter


async def _compared(keeper: Keeper, peer: str, max_age: float | None) -> Compared:
    """Hold a peer against the replica, unless that takes long."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await keeper.compare(peer, max_age=max_age, rest=_REST)
    except TimeoutError:
        return Compared(peer, None, _BUSY)


def _peer(staff: ChainStaff, keeper: Keeper, matter: Matter, seen: Compared) -> Ruling:
    if seen.trouble == _BUSY and (progress := keeper.progress):
        said = f"{progress.verified:,} blocks of {progress.peer} are verified so far"
        return Ruling(ResolveDecision.NO_REPLICA, f"{_BUSY}: {said}")
    ruling = rule_on_peer(matter, seen, dry_run=staff.desk.settings.policy.dry_run)
    assert ruling is not None
    return ruling


async def _node(staff: ChainStaff, matter: Matter) -> Ruling:
    seen = Examined(await staff.desk.watch.reexamine())
    ruling = rule_on_node(matter, seen)
    return ruling or Ruling(ResolveDecision.NOT_CORROBORATED, back(matter.subject.name, seen))


def _depth(seen: Compared | None) -> int | None:
    """Return how many own blocks the replica would have to give up, None where it needn't."""
    ours = seen.resolution if seen else None
    return ours.depth if ours is not None and ours.outcome is Outcome.TOO_DEEP else None
