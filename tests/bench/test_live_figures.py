"""The arithmetic of live failures: stages, ratios, and what the simulation expects."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bench.acts import cast
from bench.beside import beside
from bench.figures import drawn_means
from bench.live import _act
from bench.moments import Moments, Way, ratios, stages
from bench.recorded import samples_of
from devnet.settings import DevnetSettings


def test_stages_are_told_of_the_failures_that_had_both_of_their_moments() -> None:
    seen = [
        Moments(0.0, first_miss=2.0, decisive_miss=10.0, decided=25.0, broadcast=25.5),
        Moments(100.0, first_miss=104.0, decisive_miss=110.0),
    ]
    found = stages(Way.POLLING, seen)
    first = found["failed_to_first_miss_seconds"]
    assert first == {"median": 3.0, "min": 2.0, "max": 4.0, "runs": 2}
    assert found["decisive_miss_to_decided_seconds"]["runs"] == 1
    assert found["decisive_miss_to_broadcast_seconds"]["median"] == 15.5
    assert "broadcast_to_in_block_seconds" not in found


def test_ratios_are_of_two_that_failed_together() -> None:
    ours = [Moments(0, first_miss=1, on_air=11), Moments(0, first_miss=1), Moments(0)]
    theirs = [Moments(0, first_miss=2, on_air=32), Moments(0, first_miss=1, on_air=9), Moments(0)]
    assert ratios(theirs, ours, "first_miss", "on_air") == [3.0]
    with pytest.raises(ValueError, match="argument"):
        ratios(theirs, ours[1:], "first_miss", "on_air")


def test_samples_are_told_by_witness_and_key_whatever_else_their_labels_say() -> None:
    labels = {"witness": "init0", "signing_key": "BTS1"}
    series = [
        {"metric": {**labels, "alertname": "ProducerLagging"}, "values": [[12.0, "1"]]},
        {"metric": {**labels, "alertname": "ProducerDown"}, "values": [[10.5, "1"], [14.0, "1"]]},
        {"metric": {**labels, "signing_key": "BTS2"}, "values": [[11.0, "3"]]},
    ]
    assert samples_of({"data": {"result": series}}) == {
        ("init0", "BTS1"): [(10.5, 1), (12.0, 1), (14.0, 1)],
        ("init0", "BTS2"): [(11.0, 3)],
    }


def test_interval_holds_99_in_100_runs_of_the_simulation() -> None:
    draw = random.Random(1)
    lost = [draw.random() < 0.23 for _ in range(2000)]
    low, high = drawn_means([int(each) for each in lost], 20, 99, seed=1)
    assert (low, high) == (0, 0.5)
    assert drawn_means([3] * 50, 5, 99, seed=1) == (3, 3)


def test_what_was_seen_is_held_against_what_is_expected_of_as_many_failures() -> None:
    expected = {Way.SHIPPED: [0] * 77 + [1] * 23, Way.POLLING: [3] * 97 + [4] * 3}
    seen = {Way.SHIPPED: [0] * 14 + [1] * 6, Way.POLLING: [4, 4, 4]}
    rows = beside(seen, expected, expected, seed=1)
    assert rows["shipped"]["within"] and not rows["polling"]["within"]
    assert rows["shipped"]["per_failure"] == 0.3 and rows["shipped"]["simulated"] == 0.23
    assert rows["polling"]["failures"] == 3 and rows["polling"]["lost_blocks"] == 12


def test_every_fourth_failure_is_accompanied_six_times_at_most_and_of_each_kind_in_turn() -> None:
    acts = [_act(number) for number in range(40)]
    together = [act for act in acts if len(act.ways) > 1]
    assert together == [acts[number] for number in (0, 4, 8, 12, 16, 20)]
    assert all(act.ways == tuple(Way) for act in together)
    assert all(Way.SHIPPED in act.ways for act in acts)
    assert set(Counter(act.fault for act in together).values()) == {2}
    assert max(counts := Counter(a.fault for a in acts[:20]).values()) - min(counts) <= 1


def test_rings_are_dealt_out_in_order_and_none_twice() -> None:
    network = DevnetSettings(witnesses=7, rings=3)
    played = cast(network, {Way.SHIPPED: 2, Way.POLLING: 1})
    assert played == {Way.SHIPPED: ["init0", "init1"], Way.POLLING: ["init2"]}
    with pytest.raises(StopIteration):
        cast(network, {Way.SHIPPED: 4})
