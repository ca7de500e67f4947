"""Results are told as they are: whole or not, of one run or several, met or missed, or worse."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import bench.__main__ as command
from bench import pages, results
from bench.bars import Bar
from bench.comparing import Row, rows
from bench.run import ALL, NAMES, Measurement
from bench.showing import shown, shown_bar, shown_spread
from bench.surroundings import Meanwhile, commit, machine, versions

HEAD = {"date": "2026-11-22 12:00 UTC", "machine": {"cores": 2}, "commit": "abc", "dirty": False}
LATER = {**HEAD, "date": "2026-11-23 12:00 UTC"}
FAST = Bar("fast", least=10)


def entry(**figures: Any) -> dict[str, Any]:
    return {**results.measured(figures, [FAST], {}), "cores_others": 0.0, "cores_stolen": 0.0}


def run_of(date: str) -> dict[str, Any]:
    machine = {"cores": 2, "cpu": "Some", "memory_gb": 4}
    return {"date": date, "commit": "abc", "dirty": False, "machine": machine}


def row(now: dict[str, Any], before: dict[str, Any] | None) -> Row:
    [only] = rows(now, before, [FAST], ())
    return only


def spread(least: float, most: float) -> dict[str, Any]:
    return {"fast": {"median": (least + most) / 2, "min": least, "max": most, "runs": 3}}


def test_a_run_of_all_is_whole_and_what_fails_in_it_is_named() -> None:
    entries = {name: entry(fast=11) for name in NAMES}
    whole = results.all_of(HEAD, entries, None)
    assert (whole["whole"], whole["failed"], whole["missed"]) == (True, [], [])
    entries["live"] = results.failed("It ended with status 1.")
    entries["page"] = entry(fast=9)
    partly = results.all_of(HEAD, entries, whole)
    assert (partly["whole"], partly["failed"], partly["missed"]) == (False, ["live"], ["page.fast"])
    assert "figures" not in partly["measurements"]["live"]


def test_one_that_is_measured_later_never_passes_for_part_of_the_run_before() -> None:
    whole = results.all_of(HEAD, {name: entry(fast=11) for name in NAMES}, None)
    told = results.with_one("page", entry(fast=12), LATER, whole)
    assert (told["whole"], told["apart"], told["date"]) == (False, ["page"], HEAD["date"])
    assert results.head_of(told, "page")["date"] == LATER["date"]
    assert results.head_of(told, "live")["date"] == HEAD["date"]
    again = results.all_of(LATER, {name: entry(fast=11) for name in NAMES}, told)
    assert (again["whole"], again["apart"]) == (True, [])


def test_what_is_measured_apart_stays_and_makes_nothing_less_whole() -> None:
    soaked = results.with_one("soak", entry(fast=11), HEAD, None)
    assert (soaked["whole"], soaked["apart"]) == (False, ["soak"])
    assert soaked["date"] == HEAD["date"]
    told = results.all_of(LATER, {name: entry(fast=11) for name in NAMES}, soaked)
    assert (told["whole"], told["apart"]) == (True, ["soak"])
    assert results.head_of(told, "soak")["date"] == HEAD["date"]


def test_what_is_measured_apart_is_part_of_a_run_that_had_it() -> None:
    soaked = results.with_one("soak", entry(fast=11), HEAD, None)
    told = results.all_of(LATER, {name: entry(fast=11) for name in ALL}, soaked)
    assert (told["whole"], told["apart"]) == (True, [])
    assert results.head_of(told, "soak")["date"] == LATER["date"]


def test_a_bar_that_was_met_and_is_missed_is_worse_whatever_else() -> None:
    assert row(entry(fast=9.9), entry(fast=10.1)).worse
    assert not row(entry(fast=9.9), entry(fast=9.8)).worse
    assert not row(entry(fast=9.9), None).worse


def test_a_figure_is_worse_only_if_its_runs_are_apart_from_those_before() -> None:
    before = entry(fast=20, spread=spread(17, 22))
    assert not row(entry(fast=16, spread=spread(15, 18)), before).worse
    assert row(entry(fast=15, spread=spread(14, 16)), before).worse
    assert not row(entry(fast=19, spread=spread(19, 19)), entry(fast=20)).worse
    assert not row(entry(fast=30), before).worse
    assert row(entry(fast=30), before).change == 0.5


def test_figures_are_told_with_the_unit_of_their_name() -> None:
    told = {
        "lost_blocks_per_crash": (0.2261, "0.226"),
        "metrics_seconds_p99": (0.00811, "8.11 ms"),
        "median_seconds_miss_to_broadcast": (1.234, "1.23 s"),
        "headers_per_second": (9063, "9,063/s"),
        "rss_mb": (88.4, "88.4 MB"),
        "cold_speedup": (12.13, "12.1 times"),
        "hostile_in_time": (True, "yes"),
        "failures": (2000, "2,000"),
        "plans": (None, "none"),
        "slope_by_witnesses.rss_mb": (1.31, "1.31 times"),
        "slope_by_nodes.metrics_seconds_p50": (0.04, "0.0400 times"),
    }
    assert {name: shown(name, value) for name, (value, _) in told.items()} == {
        name: text for name, (_, text) in told.items()
    }
    assert shown_bar(Bar("metrics_seconds_p99", most=0.02)) == "at most 20 ms"
    assert shown_bar(Bar("slope_by_nodes.cpu_per_block_ms", most=2)) == "at most 2 times"
    assert shown_bar(Bar("headers_per_second", least=8000)) == "at least 8,000/s"
    assert shown_spread("rate_seconds", spread(1, 2)["fast"]) == "1 s to 2 s, 3 runs"


def test_what_it_was_measured_on_is_told_without_naming_the_machine() -> None:
    told = {**machine(), **versions(), **commit(), **Meanwhile().told()}
    assert told["cores"] >= 1
    assert told["python"]
    assert told.keys() >= {"prometheus", "chromium", "dirty", "load_begin", "cores_others"}
    name = Path("/proc/sys/kernel/hostname").read_text(encoding="ascii").strip()
    assert name not in json.dumps(told)
    assert "/" not in json.dumps({n: v for n, v in told.items() if n != "os"})


def test_no_path_of_the_machine_comes_into_the_results() -> None:
    kept = results.failed("exporter was not ready; the end of /tmp/x-1/exporter.log: 503 /readyz")
    assert kept["failed"] == "exporter was not ready; the end of …: 503 /readyz"


class Doubles:
    """Measurements that are programs of a line, and results in a folder of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.programs = dict.fromkeys(NAMES, "print('{\"fast\": 11}')")
        self.file = folder / "results.json"
        patch.setattr(command, "PROJECT", folder)
        patch.setattr(results, "FILE", self.file)
        patch.setattr(results, "read_committed", lambda: None)
        patch.setattr(pages, "write_all", lambda _: ["docs/benchmarks.md"])
        patch.setattr(command, "named", lambda name: Measurement(name, taken, (FAST,), ()))
        patch.setattr(command, "_program", self._program)
        self.asked: dict[str, tuple[str, ...]] = {}

    def _program(self, name: str, *words: str) -> list[str]:
        self.asked[name] = words
        return [sys.executable, "-c", self.programs[name]]


async def taken(failures: int, seed: int) -> dict[str, Any]:
    return {"failures": failures, "seed": seed}


@pytest.fixture
def doubles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doubles:
    return Doubles(tmp_path, monkeypatch)


def test_a_measurement_that_fails_is_told_and_the_others_go_on(
    doubles: Doubles, capsys: pytest.CaptureFixture[str]
) -> None:
    doubles.programs["live"] = "import sys; sys.exit('understudy: Prometheus did not start.')"
    doubles.programs["peers"] = "print('{\"fast\": 9}')"
    assert command.main([]) == 1
    kept = results.read(doubles.file)
    assert kept
    assert kept["measurements"]["live"]["failed"] == "Prometheus did not start."
    assert (kept["whole"], kept["failed"], kept["missed"]) == (False, ["live"], ["peers.fast"])
    assert kept["measurements"].keys() == set(NAMES)
    told = capsys.readouterr().out
    assert re.search(r"live +│ FAILED", told)
    assert re.search(r"fast +│ 9 +│ +│ at least 10 +│ MISSED", told)
    assert "Missed: peers.fast." in told
    assert "FAILED: live." in told
    assert "The results are not whole, failed: live." in told


def test_a_missed_bar_changes_no_exit_status(doubles: Doubles) -> None:
    doubles.programs["peers"] = "print('{\"fast\": 9}')"
    assert command.main([]) == 0


def test_one_that_is_shortened_or_fails_replaces_nothing(doubles: Doubles) -> None:
    assert command.main(["page", "--failures", "3", "--seed", "7"]) == 0
    assert doubles.asked["page"] == ("--seed", "7", "--failures", "3")
    doubles.programs["page"] = "import sys; sys.exit(3)"
    assert command.main(["page"]) == 1
    assert not doubles.file.exists()
    aside = doubles.file.parent / "build" / "bench" / "page.json"
    kept = results.read(aside)
    assert kept
    assert kept["failed"] == "It ended with status 3."
    doubles.programs["page"] = "print('{\"fast\": 11}')"
    assert command.main(["page", "--seed", "7"]) == 0
    assert results.read(doubles.file)


def test_all_names_are_asked_for_by_name() -> None:
    assert command._asked(["soak", "--minutes", "3"]) == (["soak"], {"minutes": 3})
    assert command._asked([]) == (NAMES, {})
    assert command._asked(["--all"]) == (ALL, {})
    for name in ALL:
        assert command._asked([name]) == ([name], {})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["start", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["start", "--minutes", "3"], "start takes no --minutes"),
        (["--minutes", "3"], "What is run here takes no --minutes"),
        (["starts"], "invalid choice: 'starts'"),
    ],
)
def test_what_no_measurement_could_do_is_refused_before_any_runs(
    words: list[str], told: str, doubles: Doubles, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert not doubles.asked


def test_one_measurement_is_told_without_what_others_missed_and_beside_its_own_past(
    doubles: Doubles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = results.all_of(run_of("Monday"), {name: entry(fast=9) for name in NAMES}, None)
    before = results.with_one("page", entry(fast=12), run_of("Tuesday"), before)
    results.write(before, doubles.file)
    monkeypatch.setattr(results, "read_committed", lambda: before)
    assert command.main(["page"]) == 0
    told = capsys.readouterr().out
    assert "Committed: Tuesday," in told
    assert "Missed:" not in told
    assert "Written: bench/results.json, docs/benchmarks.md." in told
    assert "Of a run of its own: page (" in told


def test_one_that_failed_is_not_said_to_be_among_the_results(
    doubles: Doubles, capsys: pytest.CaptureFixture[str]
) -> None:
    doubles.programs["page"] = "import sys; sys.exit(3)"
    assert command.main(["page"]) == 1
    told = capsys.readouterr().out
    assert "FAILED: page." in told
    assert "Of a run of its own" not in told
