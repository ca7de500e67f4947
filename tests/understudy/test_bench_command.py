"""How `understudy bench` ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.bars import Bar
from bench.run import ALL, Measurement
from tests.understudy.commands import CommandLine


@pytest.fixture(params=[True, False], ids=["broken", "well"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Have a soak end like that at once."""
    outcome: bool = request.param

    async def measure(minutes: float = 60, plan: Path | None = None) -> dict[str, Any]:
        lost = ["the first alert", "the second"] if outcome else []
        return {
            "seed": 123456,
            "minutes": minutes,
            "alerts_lost": len(lost),
            "details": {"alerts_lost": lost, "wrong": []},
            "spread": {"alerts_lost": {"min": 0, "max": 2}},
            "bars_missed": ["alerts_lost"] if outcome else [],
            "broken": outcome,
        }

    soak = Measurement("soak", measure, (Bar("alerts_lost", most=0),), ())
    monkeypatch.setattr("bench.run.named", lambda _: soak)
    return outcome


def test_a_soak_that_found_what_must_not_be_fails(run: CommandLine, broken: bool) -> None:
    told = run("bench", "soak", "--minutes", "0.5", "--json")
    assert told.status == int(broken)
    figures = json.loads(told.out)
    assert (figures["minutes"], figures["alerts_lost"]) == (0.5, 2 * broken)


def test_people_get_a_line_for_each_figure_and_in_the_end_what_it_failed_by(
    run: CommandLine, broken: bool
) -> None:
    told = run("bench", "soak")
    assert told.status == int(broken)
    lines = [tuple(line.split(maxsplit=1)) for line in told.out.splitlines()]
    lost = [("the first alert"), ("the second")] if broken else ["none"]
    assert lines == [
        ("seed", "123456"),
        ("minutes", "60 min"),
        ("alerts_lost", str(2 * broken)),
        *(("details.alerts_lost", each) for each in lost),
        ("details.wrong", "none"),
        ("bars_missed", "alerts_lost" if broken else "none"),
        ("broken", "yes" if broken else "no"),
    ]
    verdict = "understudy: soak found what must not be: alerts_lost; again with seed 123456."
    assert (verdict in told.err) is broken


def test_help_names_every_measurement(run: CommandLine) -> None:
    told = " ".join(run("bench", "--help").out.replace("│", " ").split())
    assert f"{', '.join(ALL[:-1])} or {ALL[-1]}" in told


def test_options_of_other_measurements_are_refused(run: CommandLine, broken: bool) -> None:
    told = run("bench", "soak", "--failures", "3")
    assert told.status == 2
    assert "The measurement soak takes no --failures." in told.err
