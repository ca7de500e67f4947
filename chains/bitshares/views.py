"""What is known of nodes and producers at one moment, as values."""

from __future__ import annotations

from dataclasses import dataclass

from chains.bitshares.follower import Follower
from chains.bitshares.objects import Reading
from chains.settings import ProducerSettings
from chains.standing import Verdict

_MOST_AHEAD = 4
"""Blocks that a node may lead the others by: a head of theirs that is three slots old is stale, and
one more block may be under way."""


def majority_of(nodes: int) -> int:
    """Return how many of `nodes` are a majority."""
    return nodes // 2 + 1


def quorum_note(nodes: int) -> str:
    """Return what is lost where so few nodes vote, empty where one may fail or lie."""
    if nodes == 1:
        return (
            "One node is configured: nothing contradicts it. If it lies, is stale or forked, so is "
            "every decision; while it is down, nothing is done. Configure three."
        )
    if nodes == 2:
        return (
            "Two nodes are configured: both must agree, so that either of them, down, stale or "
            "lying, holds every rotation. Configure three."
        )
    return ""


@dataclass(frozen=True, slots=True)
class NodeView:
    """One endpoint at one moment.

    `detail` is a sentence for people, empty when canonical. `reading` is the newest one and is kept
    when the node is lost: look at `up` first. `read_at` in seconds since the epoch. `divergence`
    counts the node's blocks since it left the followed chain. `had` is the newest followed height
    that it had when it was last canonical (None: it never was), `since` (seconds since the epoch)
    how long it has been canonical, or not been.
    """

    name: str
    url: str
    up: bool
    verdict: Verdict
    detail: str
    reading: Reading | None
    read_at: float | None
    divergence: int
    had: int | None = None
    since: float = 0.0

    @property
    def well(self) -> bool:
        """Tell whether the node answers and is at the canonical head."""
        return self.up and self.verdict is Verdict.CANONICAL


@dataclass(frozen=True, slots=True)
class ProducerView:
    """A producer of a witness (its account) and its own endpoint, None where none is configured."""

    witness: str
    producer: ProducerSettings
    node: NodeView | None


def judge(
    reading: Reading, follower: Follower, head_lag: int, common: int
) -> tuple[Verdict, str, int]:
    """Return a live node's verdict, the sentence for people, and its divergence in blocks.

    `common` is the newest height at which the node was seen on the followed chain, 0 for none. A
    node may hear of a block before those that are followed: a little ahead is not yet astray, nor
    is one that had every block before they came from the others.
    """
    head = follower.head
    if head is None:
        return Verdict.UNSYNCED, "no chain is followed yet", 0
    if follower.holds(reading.head_id):
        behind = head.number - reading.head_number
        if behind >= head_lag:
            return Verdict.BEHIND, f"{_blocks(behind)} behind block {head.number}", 0
        return Verdict.CANONICAL, "", 0
    ahead = reading.head_number > head.number
    if ahead and not common:
        return Verdict.UNSYNCED, f"ahead of block {head.number}, and not compared yet", 0
    divergence = max(reading.head_number - common, 1)
    leads = head.number - common < head_lag and reading.head_number - head.number <= _MOST_AHEAD
    if ahead and (divergence <= head_lag or leads):
        return Verdict.CANONICAL, "", 0
    oldest = follower.oldest
    if oldest is not None and reading.head_number < oldest.number:
        behind = head.number - reading.head_number
        return Verdict.BEHIND, f"{_blocks(behind)} behind block {head.number}", 0
    if not common:
        return Verdict.FORKED, "on a fork that it was on when it was first seen", 1
    said = f"on a fork for {_blocks(divergence)} since block {common}"
    return Verdict.FORKED, said, divergence


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count} blocks"
