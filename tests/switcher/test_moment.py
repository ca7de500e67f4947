"""When a rotation is made: as late as it may be, or in a gap between two slots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switcher.moment import LEAD, LEAST_LEAD, Slots, last_moment, quiet_moment


def own(*times: int) -> Slots:
    return Slots(times, shuffle=9_999, interval=3)


def test_update_is_due_before_the_block_that_precedes_the_slot() -> None:
    assert last_moment(own(1_030, 1_081), ready=0.0, now=1_000.0) == 1_030 - 3 - LEAD


def test_nothing_is_planned_before_the_host_has_been_away_for_long_enough() -> None:
    assert last_moment(own(1_030), ready=1_026.5, now=1_000.0) == 1_026.5


@pytest.mark.parametrize("now", [1_026.9, 1_027.0, 1_029.0, 1_031.0])
def test_slot_that_cannot_be_saved_any_more_is_passed_over(now: float) -> None:
    assert last_moment(own(1_030, 1_081), ready=0.0, now=now) == 1_081 - 3 - LEAD


def test_late_but_not_too_late_means_now() -> None:
    now = 1_030 - 3 - LEAST_LEAD - 0.1
    assert last_moment(own(1_030), ready=0.0, now=now) <= now


def test_beyond_every_known_slot_there_is_nothing_to_wait_for() -> None:
    assert last_moment(own(), ready=0.0, now=1_000.0) == 1_000.0


@given(
    st.lists(st.integers(340, 400), max_size=6, unique=True),
    st.floats(1_000, 1_200),
    st.floats(1_000, 1_200),
)
def test_whoever_acts_when_told_saves_the_next_slot_that_can_be_saved(
    numbers: list[int], ready: float, now: float
) -> None:
    slots = [number * 3 for number in sorted(numbers)]
    planned = last_moment(own(*slots), ready, now)
    assert planned >= ready
    in_reach = [slot for slot in slots if slot - 3 - LEAST_LEAD >= max(ready, now)]
    if in_reach:
        assert planned <= in_reach[0] - 3 - LEAST_LEAD
        assert planned > now or in_reach[0] - 3 - LEAD <= now or planned == ready


def test_gap_of_three_slots_is_quiet_enough() -> None:
    assert quiet_moment(own(1_009), 1_000.0) == 1_000.0
    assert quiet_moment(own(1_008), 1_000.0) is None


def test_slot_right_after_a_maintenance_is_not_planned_for_since_no_block_comes_before_it() -> None:
    slots = Slots((1_012, 1_030), shuffle=9_999, interval=3, first=1_012)
    assert last_moment(slots, ready=0.0, now=1_001.0) == 1_030 - 3 - LEAD


def test_block_that_will_hardly_come_is_not_counted_on() -> None:
    slots = Slots((1_030,), shuffle=9_999, interval=3, first=1_003, empty=frozenset({1_027, 1_021}))
    assert last_moment(slots, ready=0.0, now=1_000.0) == 1_024 - LEAD
    assert last_moment(slots, ready=1_023.0, now=1_000.0) == 1_023.0
    assert last_moment(slots, ready=0.0, now=1_025.0) <= 1_025.0


def test_first_block_after_the_head_is_counted_on_and_none_before_it() -> None:
    slots = Slots((1_030,), shuffle=9_999, interval=3, first=1_024, empty=frozenset({1_027}))
    assert last_moment(slots, ready=0.0, now=1_000.0) == 1_024 - LEAD
    slots = Slots((1_030,), shuffle=9_999, interval=1, first=1_028, empty=frozenset({1_028, 1_029}))
    assert last_moment(slots, ready=0.0, now=1_000.0) == 1_029 - LEAD


def test_host_that_has_been_away_long_enough_at_the_very_last_moment_is_replaced() -> None:
    last = 1_030 - 3 - LEAST_LEAD
    assert last_moment(own(1_030, 1_081), ready=last, now=1_000.0) == last


def test_where_no_block_will_come_the_last_slot_is_the_last_hope() -> None:
    slots = Slots((1_030,), shuffle=9_999, interval=3, first=1_024, empty=frozenset({1_027, 1_024}))
    assert last_moment(slots, ready=0.0, now=1_022.0) == 1_027 - LEAD


def test_slot_that_may_be_anybodys_is_worth_less_haste() -> None:
    slots = Slots((1_030, 1_033, 1_036, 1_039, 1_042), shuffle=1_030, interval=3)
    assert last_moment(slots, ready=1_000.0, now=1_020.0) == 1_030 - 3 - LEAD
    assert last_moment(slots, ready=1_024.0, now=1_025.0) == 1_036 - 3 - LEAD
    assert last_moment(slots, ready=1_026.0, now=1_025.0) == 1_032.0
    assert last_moment(slots, ready=1_024.0, now=1_032.0) <= 1_032.0


def test_slot_that_has_just_begun_is_waited_for() -> None:
    assert quiet_moment(own(999, 1_020), 1_000.0) == 1_000.0


def test_slot_is_over_a_second_after_it_began() -> None:
    assert quiet_moment(own(999, 1_009), 1_000.0) == 1_000.0
    assert quiet_moment(own(1_001, 1_030), 1_000.0) == 1_002.0


def test_gap_has_to_last_for_one_who_comes_late_to_it() -> None:
    assert quiet_moment(Slots((1_003, 1_007), 9_999, interval=1), 1_001.0) is None
    assert quiet_moment(Slots((1_003, 1_008), 9_999, interval=1), 1_001.0) == 1_004.0


def test_handover_waits_until_the_next_slot_is_over() -> None:
    assert quiet_moment(own(1_003, 1_030), 1_000.0) == 1_004.0


def test_slots_after_the_shuffle_may_all_be_the_witness_own() -> None:
    assert quiet_moment(own(1_003, 1_006, 1_009), 1_000.0) is None


@given(
    st.lists(st.integers(340, 400), min_size=1, max_size=6, unique=True),
    st.sampled_from([1, 3]),
    st.floats(1_000, 1_200),
    st.floats(0, 0.4),
)
def test_gap_that_was_waited_for_is_used_even_by_one_who_comes_a_little_late(
    numbers: list[int], interval: int, now: float, late: float
) -> None:
    slots = Slots(tuple(number * interval for number in sorted(numbers)), 9_999, interval)
    planned = quiet_moment(slots, now)
    if planned is not None and planned > now:
        then = planned + late
        assert quiet_moment(slots, then) == then
