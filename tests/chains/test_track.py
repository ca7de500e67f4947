"""What is remembered of a node, as time passes."""

from __future__ import annotations

import pytest

from chains.bitshares.clock import ChainClock
from chains.bitshares.follower import Follower
from chains.bitshares.judge import STALLED_SLOTS
from chains.bitshares.track import Track
from chains.settings import NodeSettings
from chains.standing import Verdict
from tests.support.chain import PREFIX, ForgedChain

ROUND = 7.0
"""Seconds of seven slots of one second."""


class Net:
    """A chain, the follower that has all of it, and a node's track; `now` is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.chain = ForgedChain(interval=1)
        self.chain.run(21)
        self.follower = Follower(PREFIX, 600)
        self.follower.begin(self.chain.blocks, self.chain.reading())
        clock = ChainClock(["eu"], wall=lambda: self.now, steady=lambda: self.now)
        self.track = Track(NodeSettings("eu", "ws://eu"), self.follower, clock, head_lag=2)

    def go_on(self, slots: int, *, shown: bool) -> None:
        """Let blocks come, which the node has or has not."""
        for _ in range(slots):
            self.now += 1.0
            self.follower.apply(self.chain.produce())
            if shown:
                self.show()

    def show(self) -> None:
        self.track.show(self.chain.reading(), self.now)

    def verdict(self) -> Verdict:
        return self.track.view().verdict


@pytest.fixture
def net() -> Net:
    net = Net()
    net.show()
    return net


def test_node_that_is_back_is_behind_first_and_stalled_only_if_it_stays_there(net: Net) -> None:
    stuck = net.chain.reading()
    net.track.lose(Verdict.UNREACHABLE, "the connection broke")
    net.go_on(20, shown=False)
    net.track.show(stuck, net.now)
    assert net.verdict() is Verdict.BEHIND
    net.go_on(STALLED_SLOTS - 1, shown=False)
    assert net.verdict() is Verdict.BEHIND
    net.go_on(1, shown=False)
    net.track.show(stuck, net.now)
    assert net.verdict() is Verdict.STALLED
    net.show()
    assert net.verdict() is Verdict.CANONICAL


def test_node_that_is_left_out_counts_again_after_a_whole_round_at_the_head(net: Net) -> None:
    net.track.leave_out()
    net.go_on(6, shown=True)
    view = net.track.view()
    assert view.left_out
    assert view.verdict is Verdict.CANONICAL
    assert not view.well
    assert view.detail == "left out after a re-examination; counts again after 1 s without a break"
    net.go_on(1, shown=True)
    assert net.track.view().well


def test_round_begins_anew_when_a_node_that_is_left_out_goes_astray_again(net: Net) -> None:
    net.track.leave_out()
    net.go_on(5, shown=True)
    net.go_on(3, shown=False)
    assert net.verdict() is Verdict.BEHIND
    net.show()
    assert net.verdict() is Verdict.CANONICAL
    net.go_on(int(ROUND) - 1, shown=True)
    assert net.track.view().left_out
    net.go_on(1, shown=True)
    assert not net.track.view().left_out


def test_silence_is_no_round_at_the_head(net: Net) -> None:
    net.track.leave_out()
    net.track.lose(Verdict.UNREACHABLE, "the connection broke")
    net.go_on(20, shown=False)
    net.show()
    assert net.track.view().left_out
