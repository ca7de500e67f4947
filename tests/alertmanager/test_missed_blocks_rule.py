"""Follower and rule together: real blocks, real figures, the real rule, at every second."""

from __future__ import annotations

from pathlib import Path

from tests.exporter.seen import ALPHA, ALPHA_KEY, BETA, BETA_KEY, INIT0, SETTINGS

from .play import Play

MINORITY = (INIT0, "1.6.6", "1.6.7")
"""With these three of seven dead, no further block becomes irreversible."""


async def test_the_third_miss_fires_at_once_and_the_second_does_not(tmp_path: Path) -> None:
    play = Play()
    await play.seconds(10)
    await play.until_missed(2)
    third = await play.until_missed(3)
    await play.seconds(10, dead=[INIT0])
    play.judge(tmp_path, {ALPHA_KEY: (third, play.time)})


async def test_it_is_silent_right_after_a_rotation(tmp_path: Path) -> None:
    play = Play()
    third = await play.until_missed(3)
    rotated = await play.rotate(BETA)
    await play.seconds(60)
    play.judge(tmp_path, {ALPHA_KEY: (third, rotated - 1)})


async def test_a_new_key_that_misses_as_well_is_accused_for_its_own_misses(tmp_path: Path) -> None:
    play = Play()
    third = await play.until_missed(3)
    rotated = await play.rotate(BETA)
    third_again = await play.until_missed(3)
    play.judge(tmp_path, {ALPHA_KEY: (third, rotated - 1), BETA_KEY: (third_again, play.time)})


async def test_coming_back_to_an_earlier_key_within_the_window_starts_at_nothing(
    tmp_path: Path,
) -> None:
    play = Play()
    third = await play.until_missed(3)
    away = await play.rotate(BETA)
    await play.seconds(20)
    await play.rotate(ALPHA, dead=())
    assert play.time < SETTINGS.missed_window
    await play.until_missed(2)
    await play.seconds(20)
    play.judge(tmp_path, {ALPHA_KEY: (third, away - 1)})


async def test_a_reorganisation_that_takes_the_misses_back_ends_the_alert(tmp_path: Path) -> None:
    play = Play()
    await play.seconds(10)
    other = play.chain.copy()
    third = await play.until_missed(3, dead=MINORITY)
    await play.seconds(2, dead=MINORITY)
    # On the other branch everybody produced, so it is longer.
    other.run(play.chain.time - other.time)
    play.switch_to(other)
    await play.second()
    switched = play.time
    await play.seconds(30)
    play.judge(tmp_path, {ALPHA_KEY: (third, switched - 1)})


async def test_a_reorganisation_that_brings_misses_counts_just_those(tmp_path: Path) -> None:
    play = Play()
    await play.seconds(10)
    other = Play(chain=play.chain.copy())
    await other.until_missed(2)
    # Meanwhile these nodes saw a branch on which init0 produced and three others didn't.
    await play.seconds(other.time + 1, dead=("1.6.5", "1.6.6", "1.6.7"))
    assert play.charged() == 0
    play.switch_to(other.chain)
    await play.second(dead=[INIT0])
    assert play.charged() == 2
    third = await play.until_missed(3)
    play.judge(tmp_path, {ALPHA_KEY: (third, play.time)})


async def test_two_misses_in_the_first_sample_after_a_start_are_two(tmp_path: Path) -> None:
    history = Play()
    await history.until_missed(2)
    play = Play(chain=history.chain)
    await play.seconds(40)
    assert play.charged() == 2
    play.judge(tmp_path, {})


async def test_three_misses_in_the_first_sample_after_a_start_fire(tmp_path: Path) -> None:
    history = Play()
    await history.until_missed(3)
    play = Play(chain=history.chain)
    await play.seconds(10)
    assert play.charged() == 3
    play.judge(tmp_path, {ALPHA_KEY: (0, play.time)})


async def test_a_restart_between_the_second_and_the_third_miss_forgets_nothing(
    tmp_path: Path,
) -> None:
    play = Play()
    await play.until_missed(2)
    play.stop("e1")
    await play.seconds(2, dead=[INIT0])
    play.start("e1")
    third = await play.until_missed(3)
    await play.seconds(5, dead=[INIT0])
    play.judge(tmp_path, {ALPHA_KEY: (third, play.time)})


async def test_two_exporters_raise_one_alert_that_outlives_either_of_them(tmp_path: Path) -> None:
    play = Play(exporters=("e1", "e2"))
    third = await play.until_missed(3)
    play.stop("e1")
    await play.seconds(5, dead=[INIT0])
    play.start("e1")
    await play.seconds(5, dead=[INIT0])
    play.stop("e2")
    await play.seconds(5, dead=[INIT0])
    play.judge(tmp_path, {ALPHA_KEY: (third, play.time)})


async def test_misses_older_than_the_window_are_forgiven(tmp_path: Path) -> None:
    play = Play()
    third = await play.until_missed(3)
    exporter = play.exporters["e1"]
    assert exporter
    first = play.second_of(exporter.follower.recent_misses(INIT0)[0].time)
    await play.seconds(SETTINGS.missed_window + 10)
    assert play.charged() == 0
    play.judge(tmp_path, {ALPHA_KEY: (third, first + SETTINGS.missed_window - 1)})


async def test_a_halt_of_the_chain_accuses_nobody(tmp_path: Path) -> None:
    play = Play()
    await play.seconds(10)
    everybody = play.chain.active
    await play.seconds(60, dead=everybody)
    await play.seconds(30)
    play.judge(tmp_path, {})
