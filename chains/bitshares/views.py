"""What is known of nodes and producers at one moment, as values."""

from __future__ import annotations

from dataclasses import dataclass

from chains.bitshares.objects import Reading
from chains.settings import ProducerSettings
from chains.standing import Divergence, Verdict


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
    when the node is lost: look at `up` first. `read_at` in seconds since the epoch. `common` is the
    newest height at which it has the block of the followed chain, as far as known; `divergence`
    tells where it left that chain, None where it did not, or nobody knows yet. `had` is the newest
    followed height that it had when it was last canonical (None: it never was), `since` (seconds
    since the epoch) how long it has been canonical, or not been. `had_before` is what it had when
    it was lost before that, of a node that came back (None: it did not). `left_out`: a pin
    (`Watch.pin`) leaves its word out, whatever its verdict.
    """

    name: str
    url: str
    up: bool
    verdict: Verdict
    detail: str
    reading: Reading | None
    read_at: float | None
    common: int | None = None
    divergence: Divergence | None = None
    had: int | None = None
    had_before: int | None = None
    since: float = 0.0
    left_out: bool = False

    @property
    def canonical(self) -> bool:
        """Tell whether the node is at the canonical head, and no pin leaves its word out."""
        return self.verdict is Verdict.CANONICAL and not self.left_out

    @property
    def well(self) -> bool:
        """Tell whether the node answers and its word counts."""
        return self.up and self.canonical


@dataclass(frozen=True, slots=True)
class ProducerView:
    """A producer of a witness (its account) and its own endpoint, None where none is configured."""

    witness: str
    producer: ProducerSettings
    node: NodeView | None
