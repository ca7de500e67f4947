"""How far the clock is off, told from arrivals: what settles it, and what must not move it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chains.bitshares.clock import ChainClock
from chains.bitshares.offset import FARTHEST, WINDOW, Timekeeping

NODES = ("eu", "us", "asia")
INTERVAL = 3
BEGIN = 1_800_000_000
BOOT = BEGIN - 12_345.6
"""When the steady clock showed 0."""


class World:
    """Nodes that hear of blocks with delays; `true` is the time, the clock here shows it `off`."""

    def __init__(self, off: float = 0.0, nodes: Iterable[str] = NODES) -> None:
        self.off = off
        self.true = float(BEGIN)
        self.nodes = tuple(nodes)
        self.clock = ChainClock(
            self.nodes, wall=lambda: self.true + self.off, steady=lambda: self.true - BOOT
        )
        self._slot = BEGIN

    def run(self, blocks: int, *late: str, by: int = 0) -> None:
        """Have every node show each new block after 0.2 s, and some show that of `by` s ago."""
        for _ in range(blocks):
            self._slot += INTERVAL
            self.true = self._slot + 0.2
            for node in self.nodes:
                shown = self._slot - by if node in late else self._slot
                self.clock.heard(node, shown, self.true - BOOT)

    def replay(self, node: str, behind: int, blocks: int, pace: float) -> None:
        """Have a node come nearer to the head, at a multiple of the chain's own pace."""
        for number in range(blocks):
            arrived = self.true + number * INTERVAL / pace
            self.clock.heard(node, self._slot - behind + number * INTERVAL, arrived - BOOT)
        self.true += blocks * INTERVAL / pace

    @property
    def offset(self) -> float | None:
        return self.clock.timekeeping().offset

    @property
    def error(self) -> float:
        """Return by how much the chain's time is told wrong."""
        return self.clock.now() - self.true


def test_nothing_is_corrected_before_blocks_have_told() -> None:
    world = World(off=30)
    world.run(5)
    assert world.offset is None
    assert world.error == pytest.approx(30)


@pytest.mark.parametrize("off", [-599.0, -30.0, -2.0, 2.0, 30.0, 599.0])
def test_wrong_clock_is_made_up_for_after_some_blocks(off: float) -> None:
    world = World(off)
    world.run(6)
    assert world.offset == pytest.approx(off + 0.2)
    assert world.error == pytest.approx(-0.2)
    assert "set it all the same" in world.clock.timekeeping().sentence


@pytest.mark.parametrize("off", [-1.2, 0.0, 1.0])
def test_clock_that_is_hardly_off_is_left_alone(off: float) -> None:
    world = World(off)
    world.run(6)
    assert world.offset == pytest.approx(off + 0.2)
    assert world.error == pytest.approx(off)
    assert not world.clock.timekeeping().sentence


def test_correction_does_not_come_and_go_with_a_clock_near_the_limit() -> None:
    world = World(1.4)
    world.run(6)
    world.clock.now()
    world.off = 1.0
    assert world.error == pytest.approx(-0.2)
    world.off = 0.7
    assert world.error == pytest.approx(0.7)
    world.off = 1.0
    assert world.error == pytest.approx(1.0)


@pytest.mark.parametrize("off", [-FARTHEST - 2, FARTHEST + 2])
def test_clock_that_is_too_far_off_is_told_and_not_corrected(off: float) -> None:
    world = World(off)
    world.run(10)
    told = world.clock.timekeeping()
    assert told.hopeless
    assert "too far" in told.sentence
    assert world.error == pytest.approx(off)


@pytest.mark.parametrize("step", [-30.0, 30.0])
def test_clock_that_is_set_while_it_runs_makes_no_difference(step: float) -> None:
    world = World()
    world.run(6)
    before = world.clock.at(world.true - 60 - BOOT)
    world.off = step
    assert world.error == pytest.approx(-0.2)
    assert world.clock.at(world.true - 60 - BOOT) == pytest.approx(before, abs=0.21)
    world.off = 0.0
    assert world.error == 0


@pytest.mark.parametrize("off", [0.0, 30.0])
def test_time_of_what_is_past_stays_the_same_to_the_last_digit(off: float) -> None:
    """Otherwise a plan that rests on it would be another one at every look."""
    world = World(off)
    world.run(8)
    moment = world.true - 20 - BOOT
    before = world.clock.at(moment)
    jitter = Random(1)
    for _ in range(50):
        world.true += 0.1
        world.off = off + jitter.uniform(-1e-3, 1e-3)
        assert world.clock.at(moment) == before


def test_one_block_that_is_shown_again_and_again_tells_no_more_than_once() -> None:
    world = World(off=30)
    world.run(5)
    for node in NODES:
        for _ in range(10):
            world.clock.heard(node, BEGIN + 15, world.true - BOOT)
    assert world.offset is None


def test_one_late_node_does_not_hide_that_the_clock_is_behind() -> None:
    world = World(off=-30)
    world.run(10, "asia", by=30)
    assert world.offset == pytest.approx(-29.8)


def test_chain_that_stops_does_not_look_like_a_clock_that_is_ahead() -> None:
    world = World()
    world.run(10)
    world.true += 1_800
    assert world.offset == pytest.approx(0.2)
    assert world.error == 0


def test_what_is_known_of_the_clock_does_not_hold_for_ever() -> None:
    world = World()
    world.run(10)
    assert world.offset == pytest.approx(0.2)
    world.true += WINDOW + 60
    assert world.offset is None


def test_one_node_of_three_does_not_tell_the_time() -> None:
    world = World(off=30)
    world.nodes = ("eu",)
    world.run(20)
    assert world.offset is None


def test_majority_that_becomes_late_does_not_move_the_clock() -> None:
    world = World()
    world.run(10)
    world.run(100, "us", "asia", by=30)
    assert world.error == 0


def test_node_that_has_blocks_sooner_shows_that_the_others_are_late() -> None:
    world = World()
    world.run(20, "us", "asia", by=30)
    assert world.offset == pytest.approx(0.2)


def test_host_of_ones_own_shows_that_all_nodes_are_late() -> None:
    world = World()
    world.run(10, *NODES, by=30)
    assert world.error == pytest.approx(-30.2)
    world.clock.heard("init0/alpha", BEGIN + 9, 9.2 + BEGIN - BOOT)
    assert world.offset == pytest.approx(0.2)
    assert world.error == 0


@pytest.mark.parametrize("pace", [1.2, 2.0, 20.0, 1_000.0])
def test_majority_in_a_replay_does_not_look_like_a_clock_that_is_ahead(pace: float) -> None:
    world = World(nodes=("eu", "us"))
    for node in world.nodes:
        world.replay(node, behind=300, blocks=40, pace=pace)
        assert world.offset is None


def test_replay_after_an_hour_of_silence_has_to_settle_anew() -> None:
    world = World(nodes=("eu",))
    world.run(20)
    world.true += 2 * WINDOW
    world.replay("eu", behind=-3, blocks=5, pace=10)
    assert world.offset is None


def test_single_slow_block_changes_nothing() -> None:
    world = World(off=30)
    world.run(10)
    world.true += 2
    for node in NODES:
        world.clock.heard(node, BEGIN + 33, world.true + 25 - BOOT)
    assert world.offset == pytest.approx(30.2)


def test_node_that_was_cut_off_says_nothing_by_what_it_catches_up_with() -> None:
    world = World(off=-30)
    world.run(10)
    world.true += 120
    for node in NODES:
        for number in range(11, 51):
            world.clock.heard(node, BEGIN + number * INTERVAL, world.true - BOOT)
    assert world.offset == pytest.approx(-29.8)


def test_machine_that_slept_goes_by_the_first_new_block() -> None:
    # The steady clock stands still meanwhile on some systems, the other one is put right.
    world = World()
    world.run(10)
    asleep = 40.0
    world.clock.steady = lambda: world.true - BOOT - asleep
    world.true += asleep
    for node in NODES:
        world.clock.heard(node, BEGIN + 69, BEGIN + 69.2 - BOOT - asleep)
    assert world.error == pytest.approx(0, abs=0.01)


@given(
    off=st.floats(-500, 500),
    claimed=st.floats(-1_000, 1_000),
    delays=st.lists(st.floats(0.05, 0.4), min_size=8, max_size=20),
)
def test_one_lying_node_of_three_never_moves_the_clock_out_of_what_the_others_say(
    off: float, claimed: float, delays: Sequence[float]
) -> None:
    """Whatever one shows, the clock is corrected rightly, or not at all."""
    world = World(off)
    for number, delay in enumerate(delays):
        slot = BEGIN + number * INTERVAL
        world.true = slot + delay
        world.clock.heard("eu", slot, world.true - BOOT)
        world.clock.heard("us", slot, world.true - BOOT)
        world.clock.heard("asia", slot, world.true + claimed - BOOT)
    told = world.clock.timekeeping()
    assert told.offset is not None
    low, high = min(off, 0.0), max(off + 0.4, 0.0)
    assert low <= told.offset <= high
    if claimed >= 0 and told.corrected:
        assert abs(world.error) <= 0.41


@given(off=st.floats(-500, 500), seed=st.integers(0, 10_000))
@example(off=0.0, seed=7136)  # the shortest delays come late, so that it takes longer to settle
def test_polled_nodes_tell_the_clock_within_their_own_delay(off: float, seed: int) -> None:
    draw, world = Random(seed), World(off)
    told = Timekeeping()
    for number in range(200):
        slot = BEGIN + number * INTERVAL
        for node in NODES:
            world.clock.heard(node, slot, slot + draw.uniform(0.1, 3.4) - BOOT)
        world.true = slot + 3.4
        told = world.clock.timekeeping()
        if number >= 60 and told.offset is not None:
            break
    assert told.offset is not None
    assert off + 0.1 <= told.offset <= off + 1.1


def test_sentence_says_what_to_do() -> None:
    assert Timekeeping(30.04, corrected=True).sentence == (
        "the clock of this machine is 30.0 s ahead of the chain's; "
        "that is made up for here, set it all the same"
    )
    assert Timekeeping(-700.0).sentence == (
        "the clock of this machine is 700.0 s behind the chain's, too far to make up for; set it"
    )
    assert not Timekeeping(None).sentence
