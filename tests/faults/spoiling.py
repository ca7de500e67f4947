"""The ways in which a node goes bad towards those who ask it, by name."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from bench.books import Pages
from devnet.faults import DevnetNode
from devnet.launch import Devnet
from devnet.lies import LIES

SLOW = 2.0
"""Seconds by which a slow node's answers are late: more than the switcher waits for."""

_FOREMOST = ("garbage", "mute", "slow", "half", "other_answer", "endless", "pings", "swallows")
"""Of each kind one; the others are much like one of these. First one that says nothing true, one
that says nothing, and one that says it too late."""

BAD = (*_FOREMOST, *(how for how in (*LIES, "frozen") if how not in _FOREMOST))
UNHEARD = tuple(how for how in BAD if how != "swallows")
"""Those that keep a node from being heard."""


async def spoil(node: DevnetNode, how: str) -> None:
    """Make a node bad; `heal` of it takes that back."""
    match how:
        case "slow":
            node.lag(answers=SLOW)
        case "frozen":
            await node.freeze()
        case "swallows":
            node.swallow()
        case _:
            node.lie(how)


async def spoil_all(net: Devnet, names: Iterable[str], how: str) -> None:
    """Make several nodes bad."""
    for name in names:
        await spoil(net.nodes[name], how)


def never_two_at_once(pages: Pages) -> bool:
    """Tell whether each rotation with a transaction was over before the next one had its own."""
    sent = [rotation for rotation in pages.rotations if rotation.draft.transaction]
    return all(
        before.ended is not None and before.ended <= after.opened
        for before, after in pairwise(sent)
    )
