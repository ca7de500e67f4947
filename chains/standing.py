"""How a node stands towards the longest valid chain, whichever chain it is. Pure.

Asked of BitShares nodes, whose word counts or doesn't, and of peers, whose chain is adopted or
isn't. The words are at once log text, metric label and journal value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Why a node's word counts, or does not."""

    CANONICAL = "canonical"
    """On the longest valid chain, and not behind."""
    BEHIND = "behind"
    """On it, and some blocks short."""
    STALLED = "stalled"
    """Behind, and it has stood still while others went on."""
    FORKED = "forked"
    """On a chain that left the longest valid one."""
    INVALID = "invalid"
    """Its blocks break the rules."""
    WRONG_CHAIN = "wrong_chain"
    """It is on another chain than the configured one."""
    UNREACHABLE = "unreachable"
    """It doesn't answer."""
    UNSYNCED = "unsynced"
    """Nothing can be said of it yet."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a node left a chain: the newest height that both have, and its blocks since then.

    Where not `exact`, it left at that height or before, further back than is held here: `depth` is
    the least that it can be.
    """

    height: int
    depth: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """What a node says of its chain, unproven: its length in blocks and its newest block's id."""

    node: str
    length: int
    tip: str


def longest_first(claims: Iterable[Claim], beyond: int) -> list[Claim]:
    """Return the claims of more than `beyond` blocks, the longest first, else in their order.

    So a chain of equal length never replaces the one that is held.
    """
    return sorted((c for c in claims if c.length > beyond), key=lambda c: -c.length)
