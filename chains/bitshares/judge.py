"""What is said of a node that answers, from what it showed and the chain that is followed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chains.bitshares.applied import Applied
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Reading
from chains.standing import Divergence, Verdict
from chains.words import blocks, forked

STALLED_SLOTS = 5
"""Slots for which a node's head stands still, while others go on, until it is stalled."""

_MOST_AHEAD = 4
"""Blocks that a node may lead the others by: a head of theirs that is three slots old is stale, and
one more block may be under way."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a node's chain left the followed one, found out by asking the node.

    `height` is the newest one in common, `parent` the id of the block there, `first` that of the
    node's own block after it, and `invalid` says which rule that block breaks, empty for none. If
    not `exact`, even the oldest block that is held here is another one; then `height` is the one
    before it, and the ids are empty.
    """

    height: int
    parent: str = ""
    first: str = ""
    exact: bool = True
    invalid: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a node showed: its newest reading, and how that was held against the followed chain.

    `common` is the newest height at which it was seen on the followed chain, 0 for none. `still` is
    for how many seconds its head has been the same.
    """

    reading: Reading
    common: int = 0
    still: float = 0.0
    parting: Parting | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A node's verdict, the sentence for people (empty when canonical), and where it diverged."""

    verdict: Verdict
    detail: str = ""
    divergence: Divergence | None = None


def judge(shown: Shown, follower: Follower, head_lag: int) -> Judgement:
    """Return what is to be said of a live node.

    A node may hear of a block before those that are followed: a little ahead is not yet astray, nor
    is one that had every block before they came from the others.
    """
    reading, head, oldest = shown.reading, follower.head, follower.oldest
    if head is None or oldest is None:
        return Judgement(Verdict.UNSYNCED, "no chain is followed yet")
    behind = head.number - reading.head_number
    if follower.holds(reading.head_id):
        return _late(shown, follower, head) if behind >= head_lag else _CANONICAL
    if reading.head_number < oldest.number:
        return _late(shown, follower, head)
    if shown.parting is None and not shown.common and behind < 0:
        return Judgement(Verdict.UNSYNCED, f"ahead of block {head.number}, and not compared yet")
    common = shown.parting.height if shown.parting else shown.common
    depth = max(reading.head_number - common, 1)
    leads = head.number - common < head_lag and -behind <= _MOST_AHEAD
    if behind < 0 and (depth <= head_lag or leads):
        return _CANONICAL
    return _forked(shown, depth)


def _late(shown: Shown, follower: Follower, head: Applied) -> Judgement:
    number = shown.reading.head_number
    count = f"{blocks(head.number - number)} behind block {head.number}"
    # A halt of the whole chain is no node's fault: what counts is how long others have been ahead.
    lacked = follower.applied(number + 1) or follower.oldest or head
    stalled = STALLED_SLOTS * follower.rhythm.interval
    if min(shown.still, head.time - lacked.time) < stalled:
        return Judgement(Verdict.BEHIND, count)
    return Judgement(Verdict.STALLED, f"stands still at block {number}, {count}")


def _forked(shown: Shown, depth: int) -> Judgement:
    parting = shown.parting
    if parting is None:
        if not shown.common:
            return Judgement(Verdict.FORKED, "on a fork that it was on when it was first seen")
        divergence = Divergence(shown.common, depth)
    else:
        divergence = Divergence(parting.height, depth, parting.exact)
    if parting is not None and parting.invalid:
        return Judgement(Verdict.INVALID, parting.invalid, divergence)
    if divergence.exact:
        said = forked(divergence)
    else:
        held = divergence.height + 1
        said = f"on a fork since before block {held}, the oldest that is held: {blocks(depth)}"
    return Judgement(Verdict.FORKED, said, divergence)


_CANONICAL = Judgement(Verdict.CANONICAL)
