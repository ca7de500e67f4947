"""What befalls the stack in a soak follows from the seed alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.soak.acts import ACTS
from bench.soak.cast import Cast
from bench.soak.ground import CAST
from bench.soak.plan import TRACKS, Kind, counted, plan

HOUR = 3600.0


def test_a_seed_draws_the_same_again_and_another_one_does_not() -> None:
    assert plan(7, HOUR, CAST) == plan(7, HOUR, CAST)
    assert plan(7, HOUR, CAST) != plan(8, HOUR, CAST)


def test_a_longer_soak_begins_as_a_shorter_one() -> None:
    short = plan(7, HOUR, CAST)
    assert plan(7, 3 * HOUR, CAST)[: len(short)] == short


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_has_troubles_of_every_kind_each_in_its_time_and_of_somebody(seed: int) -> None:
    drawn = plan(seed, HOUR, CAST)
    # Outages, forks and whole kinds of programs are rare enough to miss an hour, but not three.
    assert counted(plan(seed, 3 * HOUR, CAST)).keys() == {str(kind) for kind in Kind}
    assert [each.at for each in drawn] == sorted(each.at for each in drawn)
    assert all(0 <= each.at < HOUR for each in drawn)
    assert all(0 <= each.index < CAST.count(each.role) for each in drawn)


def test_every_way_of_a_kind_comes_before_any_comes_again() -> None:
    drawn = plan(3, 5 * HOUR, CAST)
    for track in TRACKS:
        hows = [each.how for each in drawn if each.kind is track.kind]
        assert sorted(hows[: len(track.hows)]) == sorted(track.hows)


def test_every_kind_can_be_drawn_and_played() -> None:
    assert {track.kind for track in TRACKS} == set(Kind) == set(ACTS)


def test_what_is_drawn_depends_on_who_there_is_and_not_on_their_names() -> None:
    fewer = replace(CAST, rings=2)
    assert isinstance(fewer, Cast)
    assert all(each.index < 2 for each in plan(1, HOUR, fewer) if each.role == "on air")
