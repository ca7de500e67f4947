"""How far the clock here is off the chain's, told from when blocks arrive. Pure: all times come in.

A witness signs a block at the beginning of its slot and not before, so a verified block that is had
here can only be late. The shortest delay of many is therefore the clock's own offset, and little
more. See docs/decisions/clock.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 3_600.0
"""Seconds for which an arrival counts; two quartz clocks part by some 0.2 s in that time."""

FARTHEST = 600.0
"""Seconds up to which an offset is made up for. Beyond it something is wrong that nobody knows."""

_BEGIN, _END = 1.5, 1.0
"""Seconds of offset from which, and below which no more, it is made up for. Blocks that all nodes
have late look like a clock that is ahead, so what is usual there is left alone."""

_SETTLED = 6
"""New blocks in a row whose delay must not have become shorter before a node's word counts."""

_STEADY = 0.5
"""Seconds by which it may: in a replay it becomes shorter with every block."""


class Shortest:
    """The shortest delay within the window; times by a clock that is never set."""

    def __init__(self) -> None:
        self._least: deque[tuple[float, float]] = deque()  # (arrived, delay), both growing

    def add(self, arrived: float, delay: float) -> None:
        """Take a delay in."""
        while self._least and self._least[-1][1] >= delay:
            self._least.pop()
        self._least.append((arrived, delay))

    def at(self, now: float) -> float | None:
        """Return the shortest delay, None where none is left."""
        while self._least and self._least[0][0] < now - WINDOW:
            self._least.popleft()
        return self._least[0][1] if self._least else None


class Arrivals:
    """When one node's new blocks came, by a clock that is never set (`time.monotonic`)."""

    def __init__(self) -> None:
        self._shortest = Shortest()
        self._newest = 0
        self._base = 0.0
        self._steady = 0

    def note(self, block_time: int, arrived: float) -> bool:
        """Note when a block was first seen on the node; tell whether that was news.

        `block_time` is its slot's, in seconds since the epoch.
        """
        if block_time <= self._newest:
            return False
        self._newest, delay = block_time, arrived - block_time
        if self.shortest(arrived) is None or delay < self._base - _STEADY:
            self._base, self._steady = delay, 0
        self._steady += 1
        self._shortest.add(arrived, delay)
        return True

    def shortest(self, now: float) -> float | None:
        """Return the shortest delay, of which nothing but the clock can be the cause."""
        least = self._shortest.at(now)
        if least is not None and least > self._base + _STEADY:
            self._base, self._steady = least, 0  # what had settled it is too long ago
        return least

    def settled(self, now: float) -> float | None:
        """Return the shortest delay once blocks come as they are made and not from a replay."""
        least = self.shortest(now)
        return least if self._steady >= _SETTLED else None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the arrivals of many nodes say, as differences to the steady clock.

    `soonest`: no block was had sooner by anybody. `most`: most nodes had one as soon as that.
    """

    soonest: float
    most: float


def bounds(
    voters: Sequence[Arrivals], others: Shortest, majority: int, now: float
) -> Bounds | None:
    """Return what arrivals say, None unless those at most of the nodes that vote are settled.

    `others` are hosts that don't vote and may only contradict.
    """
    settled = sorted(delay for node in voters if (delay := node.settled(now)) is not None)
    if len(settled) < majority:
        return None
    known = (*(node.shortest(now) for node in voters), others.at(now))
    return Bounds(min(delay for delay in known if delay is not None), settled[majority - 1])


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """How the clock here compares with the chain's.

    `offset` is what it is ahead (negative: behind) in seconds, None while too few blocks have told;
    `corrected`: it is made up for, so that times here are the chain's.
    """

    offset: float | None = None
    corrected: bool = False

    @property
    def correction(self) -> float:
        """Return the seconds that are taken off what the clock here shows."""
        return self.offset if self.corrected and self.offset is not None else 0.0

    @property
    def hopeless(self) -> bool:
        """Tell whether the clock is too far off to make up for it."""
        return self.offset is not None and abs(self.offset) > FARTHEST

    @property
    def sentence(self) -> str:
        """Return what is wrong with the clock and what to do, empty where nothing is."""
        if self.offset is None or not (self.corrected or self.hopeless):
            return ""
        side = "ahead of" if self.offset > 0 else "behind"
        off = f"the clock of this machine is {abs(self.offset):.1f} s {side} the chain's"
        if self.hopeless:
            return f"{off}, too far to make up for; set it"
        return f"{off}; that is made up for here, set it all the same"


def timekeeping(found: Bounds | None, anchor: float, before: Timekeeping) -> Timekeeping:
    """Return how a clock that is `anchor` ahead of the steady one compares with the chain's.

    That it is ahead must hold for all nodes: where one has blocks sooner, the others have them
    late. That it is behind must hold for most: no delay looks like that, but a forged block would.
    """
    if found is None:
        return Timekeeping()
    offset = max(found.soonest + anchor, min(found.most + anchor, 0.0))
    least = _END if before.corrected else _BEGIN
    return Timekeeping(offset, corrected=least <= abs(offset) <= FARTHEST)
