"""How `understudy bench` ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.bars import Bar
from bench.run import ALL, Measurement
from tests.understudy.commands import CommandLine


@pytest.fixture(params=[True, False], ids=["failed", "well"])
def failed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Have a soak end like that at once."""
    outcome: bool = request.param

    async def measure(minutes: float = 60, plan: Path | None = None) -> dict[str, Any]:
        return {"minutes": minutes, "alerts_lost": int(outcome), "failed": outcome}

    soak = Measurement("soak", measure, (Bar("alerts_lost", most=0),), ())
    monkeypatch.setattr("bench.run.named", lambda _: soak)
    return outcome


def test_a_soak_that_found_what_must_not_be_fails(run: CommandLine, failed: bool) -> None:
    told = run("bench", "soak", "--minutes", "0.5", "--json")
    assert told.status == int(failed)
    figures = json.loads(told.out)
    assert (figures["minutes"], figures["alerts_lost"]) == (0.5, int(failed))


def test_help_names_every_measurement(run: CommandLine) -> None:
    told = " ".join(run("bench", "--help").out.replace("│", " ").split())
    assert f"{', '.join(ALL[:-1])} or {ALL[-1]}" in told


def test_options_of_other_measurements_are_refused(run: CommandLine, failed: bool) -> None:
    told = run("bench", "soak", "--failures", "3")
    assert told.status == 2
    assert "The measurement soak takes no --failures." in told.err
