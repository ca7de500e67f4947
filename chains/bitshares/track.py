"""What is remembered of one node: what it showed, and how it was held against the followed chain.

No I/O. Moments are those of the clock's `steady`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from chains.bitshares.clock import ChainClock
from chains.bitshares.follower import Follower
from chains.bitshares.judge import Judgement, Parting, Shown, judge
from chains.bitshares.objects import Reading
from chains.bitshares.views import NodeView
from chains.settings import NodeSettings
from chains.standing import Verdict

_HEADS_KEPT = 200
"""Readings by which a node may be ahead of the followed chain and still be compared with it. In 3 s
each they are as long as the others may be late and look like a wrong clock (`offset.FARTHEST`)."""


class Track:
    """One node held against the followed chain."""

    def __init__(
        self, node: NodeSettings, follower: Follower, clock: ChainClock, head_lag: int
    ) -> None:
        self.node = node
        self.up = False
        self.read_at: float | None = None
        self._follower = follower
        self._clock = clock
        self._head_lag = head_lag
        self._trouble = Judgement(Verdict.UNSYNCED, "not connected yet")
        self._invalid = ""
        self._invalid_since = 0.0
        self._shown: Shown | None = None
        self._heads: deque[tuple[int, str, float]] = deque(maxlen=_HEADS_KEPT)
        self._moved = clock.steady()
        self._common = 0
        self._had: int | None = None
        self._had_before: int | None = None
        self._well = False
        self._since = clock.steady()
        self._left_out: float | None = None

    # What is known

    @property
    def trouble(self) -> str:
        """Return why the node was lost, or has not been connected to yet."""
        return self._trouble.detail

    @property
    def parting(self) -> Parting | None:
        """Return where the node left the followed chain, as far as it was asked."""
        return self._shown.parting if self._shown else None

    @property
    def left_out(self) -> bool:
        """Tell whether a pin leaves the node's word out; ends once it was canonical for a round."""
        if self._left_out is not None:
            self._review()
        return self._left_out is not None

    def view(self) -> NodeView:
        """Return what is known of the node now."""
        found = self._review()
        reading = self._shown.reading if self._shown else None
        return NodeView(
            name=self.node.name,
            url=self.node.url,
            up=self.up,
            verdict=found.verdict,
            detail=found.detail or self._probation(),
            reading=reading,
            read_at=None if self.read_at is None else self._clock.at(self.read_at),
            common=self._newest_common(found) if self.up else None,
            divergence=found.divergence,
            had=self._had,
            had_before=self._had_before,
            since=self._clock.at(self._since),
            left_out=self._left_out is not None,
        )

    def astray(self) -> Reading | None:
        """Return the newest reading where the node may be on a chain of its own, else None."""
        if self._shown is None or self._judged().verdict in _NOWHERE_ELSE:
            return None
        head, oldest = self._follower.head, self._follower.oldest
        reading = self._shown.reading
        if head is None or oldest is None or reading.head_number < oldest.number:
            return None
        return None if self._follower.holds(reading.head_id) else reading

    # How it comes to be known

    def show(self, reading: Reading, read_at: float, invalid: str = "") -> None:
        """Take what the node answered; `invalid` says which rule its blocks break, if any."""
        before = self._shown
        if invalid and not self._invalid:
            self._invalid_since = read_at
        if not self.up or before is None or before.reading.head_id != reading.head_id:
            self._moved = read_at
        self.up, self.read_at, self._invalid = True, read_at, invalid
        self._heads.append((reading.head_number, reading.head_id, read_at))
        self._shown = Shown(reading, parting=before.parting if before else None)
        self._review()

    def part(self, parting: Parting | None) -> None:
        """Note where the node left the followed chain, or that it did not."""
        if self._shown is not None:
            self._shown = replace(self._shown, parting=parting)

    def lose(self, verdict: Verdict, detail: str) -> bool:
        """Note that the node is lost, and tell whether that is news."""
        self._review()  # what it showed last counts, though nobody has looked since
        trouble = Judgement(verdict, detail)
        changed = self.up or trouble != self._trouble
        self.up, self._trouble = False, trouble
        self._review()
        return changed

    def leave_out(self) -> None:
        """Leave its word out until it has been canonical for a round, without a break."""
        self._left_out = self._clock.steady()

    # Inside

    def _review(self) -> Judgement:
        self._compare()
        found = self._judged() if self.up else self._trouble
        well = self.up and found.verdict is Verdict.CANONICAL
        if well is not self._well:
            self._well, self._since = well, self._clock.steady()
            self._had_before = self._had if well else None
        if well:
            self._had = self._common
        if self._left_out is not None and well and self._probation_left() <= 0:
            self._left_out = None
        return found

    def _judged(self) -> Judgement:
        if self._shown is None:
            return self._trouble
        shown = replace(
            self._shown,
            common=self._common,
            still=max(self._clock.steady() - self._moved, 0.0),
            parting=self._present_parting(),
        )
        found = judge(shown, self._follower, self._head_lag)
        if self._invalid and (found.verdict is not Verdict.CANONICAL or self._stays_invalid()):
            return replace(found, verdict=Verdict.INVALID, detail=self._invalid)
        return found

    def _stays_invalid(self) -> bool:
        """Tell whether what a node that is a little ahead shows was not taken up in time.

        What one node alone can't prove holds once most have it, mostly within a moment.
        """
        held = self._shown is not None and self._follower.holds(self._shown.reading.head_id)
        lasted = self._clock.steady() - self._invalid_since
        return not held and lasted > self._follower.rhythm.interval

    def _present_parting(self) -> Parting | None:
        """Return where the node left the followed chain, unless that has moved over to the fork."""
        found = self.parting
        moved = found is not None and found.exact and self._follower.holds(found.first)
        return None if moved else found

    def _compare(self) -> None:
        """Note how far the node is on the followed chain, which may have caught up with it."""
        for number, block_id, read_at in reversed(self._heads):
            block = self._follower.applied(number)
            if block is not None and block.id == block_id:
                if number != self._common:
                    self._clock.heard(self.node.name, block.time, read_at)
                self._common = number
                return

    def _newest_common(self, found: Judgement) -> int | None:
        if found.divergence is None:
            return self._common or None
        return found.divergence.height if found.divergence.exact else None

    def _probation(self) -> str:
        if self._left_out is None:
            return ""
        left = max(self._probation_left(), 0.0)
        return f"left out after a re-examination; counts again after {left:.0f} s without a break"

    def _probation_left(self) -> float:
        head = self._follower.head
        if head is None or self._left_out is None:
            return 0.0
        a_round = len(head.active) * self._follower.rhythm.interval
        return max(self._since, self._left_out) + a_round - self._clock.steady()


_NOWHERE_ELSE = frozenset({Verdict.CANONICAL, Verdict.BEHIND, Verdict.STALLED})
