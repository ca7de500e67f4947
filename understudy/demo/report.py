"""What the demonstration saw, and whether it saw all of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chains.bitshares.applied import Applied
from chains.errors import ChainError
from chains.peer.blocks import Proof, verify


@dataclass(frozen=True, slots=True)
class Moments:
    """When things happened, in seconds since the epoch; None: they did not.

    `misses_visible` is when each miss could first be seen in a block.
    """

    killed: float
    misses_visible: tuple[float, ...] = ()
    alert: float | None = None
    decided: float | None = None
    broadcast: float | None = None
    confirmed: float | None = None

    @property
    def ahead(self) -> bool:
        """Tell whether the rotation was decided before any miss could be seen."""
        if self.decided is None:
            return False
        return not self.misses_visible or self.decided < self.misses_visible[0]


@dataclass(frozen=True, slots=True)
class Act:
    """One failover.

    `rotated`: the update is in a block and the new key has signed one, both read from the nodes.
    `missed_blocks` are those of the witness behind the head block at the kill, up to the first
    block by the new key.
    """

    rotated: bool
    from_: str
    to: str | None
    missed_blocks: int
    seconds_kill_to_alert: float | None
    seconds_alert_to_broadcast: float | None
    seconds_broadcast_to_confirmed: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the object that is printed."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Convergence:
    """What became of a peer that lagged; both are read from the nodes.

    `resolved`: all peers have one and the same chain, longer than that of the one that lagged, and
    every block of it is valid. `lengths` are their chains', in blocks.
    """

    resolved: bool
    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The last line of the demonstration: the first act, and what the others add.

    `preempted`: the second act's host was replaced, and that was decided before any miss.
    """

    first: Act
    preempted: bool
    preempted_missed_blocks: int
    third: Convergence

    @property
    def complete(self) -> bool:
        """Tell whether all acts were seen."""
        return self.first.rotated and self.preempted and self.third.resolved

    def as_json(self) -> dict[str, Any]:
        """Return the object that is printed."""
        return {
            **self.first.as_json(),
            "preempted": self.preempted,
            "preempted_missed_blocks": self.preempted_missed_blocks,
            "peer_chain_resolved": self.third.resolved,
            "peer_lengths": list(self.third.lengths),
        }


def convergence(
    chains: Sequence[Sequence[Mapping[str, Any]]], rule: Proof, lag: int
) -> Convergence:
    """Return what is reported of peers that show these chains, of which one was `lag` blocks long.

    A chain that isn't valid, or isn't there, counts for nothing.
    """
    tips = {tip_of(chain, rule) for chain in chains}
    lengths = tuple(len(chain) for chain in chains)
    one = len(tips) == 1 and None not in tips
    return Convergence(resolved=one and min(lengths, default=0) > lag, lengths=lengths)


def tip_of(chain: Sequence[Mapping[str, Any]], rule: Proof) -> str | None:
    """Return the hash of a chain's newest block, None where it isn't valid or has none."""
    try:
        blocks = verify(None, chain, rule)
    except ChainError:
        return None
    return blocks[-1].hash if blocks else None


def missed_between(entries: Sequence[Applied], witness: str, after: int, first: Applied) -> int:
    """Return how many of a witness' slots stayed empty behind block `after`, until block `first`.

    By blocks and not by time: a slot that had just begun when its host died is missed as well.
    """
    return sum(
        slot.witness == witness
        for entry in entries
        if after < entry.number <= first.number
        for slot in entry.missed
    )


def act(
    moments: Moments, *, off: str, on: str | None, missed: int, first_block: Applied | None
) -> Act:
    """Return what is reported of one rotation from producer `off` to producer `on`."""
    return Act(
        rotated=moments.confirmed is not None and first_block is not None and on is not None,
        from_=off,
        to=on,
        missed_blocks=missed,
        seconds_kill_to_alert=_between(moments.killed, moments.alert),
        seconds_alert_to_broadcast=_between(moments.alert, moments.broadcast),
        seconds_broadcast_to_confirmed=_between(moments.broadcast, moments.confirmed),
    )


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 3)
