"""How many of the others produce: the measure of trouble that no rotation can mend. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from chains.bitshares.applied import Applied
from chains.bitshares.schedule import participation

_FEW_SLOTS = 8


def turnout(entries: Sequence[Applied], witness: str) -> float:
    """Return the lowest share (0..1) of filled slots in the last 8, the last round, and 128.

    `entries` are applied blocks, oldest first. The witness' own slots are left out of the two short
    spans, where its misses alone would weigh too much; the span of 128 is the chain's own figure.
    """
    if not entries:
        return 0.0
    head = entries[-1]
    spans = (_FEW_SLOTS, len(head.active))
    shares = [_share_of_others(entries, witness, span) for span in spans]
    return min(*shares, participation(head.filled))


def _share_of_others(entries: Sequence[Applied], witness: str, span: int) -> float:
    others = [filled for owner, filled in islice(_slots(entries), span) if owner != witness]
    return sum(others) / len(others) if others else 1.0


def _slots(entries: Sequence[Applied]) -> Iterator[tuple[str | None, bool]]:
    """Yield the slots up to the head, newest first: whose it was, if known, and whether filled."""
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        yield entry.witness, True
        if index == 0:
            return
        empty = entry.aslot - entries[index - 1].aslot - 1
        owners = [slot.witness for slot in reversed(entry.missed)]
        known = len(owners) == empty
        for position in range(empty):
            yield owners[position] if known else None, False
