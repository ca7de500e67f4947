"""A soak plays its plan as drawn, mends what it broke, and can be cut short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.soak import acts
from bench.soak.engine import Engine
from bench.soak.ground import Ground
from bench.soak.nurse import Nurse
from bench.soak.plan import Kind, Trouble
from bench.soak.suffering import AilingError
from understudy.errors import StackError

NOBODY = cast(Ground, SimpleNamespace())


def trouble(at: float, how: str = "kill", seconds: float = 60.0) -> Trouble:
    return Trouble(at, Kind.FAILURE, "on air", 0, how, seconds)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have failures only be noted: when they begin, and that they are mended."""
    noted: list[str] = []

    async def note(_: Ground, trouble: Trouble) -> str:
        noted.append(trouble.how)
        if trouble.how == "breaks":
            raise ValueError("a mistake of the soak's")
        try:
            await asyncio.sleep(trouble.seconds)
        finally:
            noted.append(f"{trouble.how} mended")
        if trouble.how == "again":
            raise AilingError("alpha")
        return "done"

    monkeypatch.setitem(acts.ACTS, Kind.FAILURE, note)
    return noted


async def test_troubles_are_played_in_order_each_to_its_end(played: list[str]) -> None:
    engine = Engine(NOBODY, asyncio.Event())
    await engine.play([trouble(0, "cut", 0.05), trouble(0.01, "again", 0.2)], 0.1)
    assert [each for each in played if "mended" not in each] == ["cut", "again"]
    assert sorted(played) == ["again", "again mended", "cut", "cut mended"]
    assert (dict(engine.played), engine.left_out) == ({"failure": 1}, 1)


async def test_a_soak_that_is_stopped_mends_at_once_and_begins_nothing_more(
    played: list[str],
) -> None:
    engine = Engine(NOBODY, asyncio.Event())
    asyncio.get_running_loop().call_later(0.1, engine.stop.set)
    async with asyncio.timeout(10):
        await engine.play([trouble(0), trouble(30, "never")], 60)
    assert played == ["kill", "kill mended"]
    assert engine.played == {"failure": 1}


async def test_a_trouble_that_can_not_be_played_is_told_and_the_others_go_on(
    played: list[str],
) -> None:
    engine = Engine(NOBODY, asyncio.Event())
    await engine.play([trouble(0, "breaks"), trouble(0.01, "cut", 0)], 0.1)
    assert sorted(played) == ["breaks", "cut", "cut mended"]
    assert engine.broken == [
        'failure breaks at 0 s: ValueError("a mistake of the soak\'s")',
    ]


class Patient:
    """A program that ends when told, and refuses some starts."""

    def __init__(self, name: str, refusals: int = 0) -> None:
        self.name = name
        self.running = True
        self.status = 1
        self.starts = 0
        self._refusals = refusals

    def tail(self) -> str:
        return "no more"

    async def kill(self) -> None:
        self.running = False

    async def start(self) -> None:
        self.starts += 1
        if self.starts <= self._refusals:
            raise StackError("not yet")
        self.running = True


@asynccontextmanager
async def nursed(*patients: Patient) -> AsyncIterator[Nurse]:
    nurse = Nurse(cast(Any, patients))
    working = asyncio.create_task(nurse.run())
    try:
        yield nurse
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def until_running(patient: Patient) -> None:
    async with asyncio.timeout(20):
        while not patient.running:
            await asyncio.sleep(0.01)


async def test_a_program_that_ends_by_itself_is_told_and_started_again() -> None:
    patient = Patient("switcher")
    async with nursed(patient) as nurse:
        patient.running = False
        await until_running(patient)
    assert nurse.ended == ["switcher (status 1): no more"]


async def test_a_program_that_was_killed_is_started_until_it_stays_and_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.soak.nurse._RESTART", 0.01)
    patient = Patient("switcher", refusals=2)
    seen = []
    async with nursed(patient) as nurse:
        async with nurse.killed("switcher"):
            with pytest.raises(AilingError, match="switcher"):
                await nurse.killed("switcher").__aenter__()
            with pytest.raises(AilingError, match="switcher"):
                await nurse.frozen("switcher").__aenter__()
            seen.append(patient.running)
        seen.append(patient.running)
    assert seen == [False, True]
    assert nurse.ended == []
    assert nurse.refused == {"switcher": 2}
