"""What the demonstration saw, and whether it saw all of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chains.bitshares.applied import Applied


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
    `missed_blocks` are those of the witness between the kill and the first block by the new key.
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
class Report:
    """The last line of the demonstration: the first act, and what the second one adds.

    `preempted`: the second act's host was replaced, and that was decided before any miss.
    """

    first: Act
    preempted: bool
    preempted_missed_blocks: int

    @property
    def complete(self) -> bool:
        """Tell whether both acts were seen."""
        return self.first.rotated and self.preempted

    def as_json(self) -> dict[str, Any]:
        """Return the object that is printed."""
        return {
            **self.first.as_json(),
            "preempted": self.preempted,
            "preempted_missed_blocks": self.preempted_missed_blocks,
        }


def missed_between(entries: Sequence[Applied], witness: str, start: float, first: Applied) -> int:
    """Return how many of a witness' slots stayed empty from a time until a certain block."""
    return sum(
        slot.witness == witness and slot.time >= start
        for entry in entries
        if entry.number <= first.number
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
