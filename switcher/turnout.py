"""How many of the others produce: the measure of trouble that no rotation can mend. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise, repeat

from chains.bitshares.applied import Applied, MissedSlot
from chains.bitshares.schedule import participation

_FEW_SLOTS = 8
_MANY_SLOTS = 16
"""Of these the worst in the last round counts: in half a network the last 8 may happen to be well
filled, and in a whole one with three witnesses gone the worst 8 of a round look like half of it."""
_OTHERS_IN_TROUBLE = 2
"""Other witnesses that miss at the same moment from which it is the network's trouble."""


def turnout(entries: Sequence[Applied], witness: str) -> float:
    """Return the lowest share (0..1) of filled slots: the last 8, any 16, the last round, and 128.

    `entries` are applied blocks, oldest first; "any" are those that end within the last round. The
    witness' own slots are left out of the shorter spans, where its misses alone would weigh too
    much; the span of 128 is the chain's own figure.
    """
    if not entries:
        return 0.0
    head = entries[-1]
    count = len(head.active)
    slots = list(islice(_slots(entries), count + _MANY_SLOTS - 1))
    spans = [slots[:_FEW_SLOTS], slots[:count]]
    spans += [slots[first : first + _MANY_SLOTS] for first in range(count)]
    shares = [_share_of_others(span, witness) for span in spans]
    return min(*shares, participation(head.filled))


def is_shared(miss: MissedSlot) -> bool:
    """Tell whether a miss speaks against nobody, because many missed at that moment."""
    return miss.others >= _OTHERS_IN_TROUBLE


def _share_of_others(slots: Sequence[tuple[str | None, bool]], witness: str) -> float:
    others = [filled for owner, filled in slots if owner != witness]
    return sum(others) / len(others) if others else 1.0


def _slots(entries: Sequence[Applied]) -> Iterator[tuple[str | None, bool]]:
    """Yield the slots up to the head, newest first: whose it was, if known, and whether filled."""
    for entry, before in pairwise(reversed(entries)):
        yield entry.witness, True
        empty = entry.aslot - before.aslot - 1
        owners: list[str | None] = [slot.witness for slot in reversed(entry.missed)]
        known = len(owners) == empty
        yield from ((owner, False) for owner in (owners if known else repeat(None, empty)))
    yield entries[0].witness, True
