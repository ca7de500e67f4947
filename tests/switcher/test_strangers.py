"""Witnesses that a switcher doesn't know: removed from its configuration, or not yet added."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from chains.settings import ChainSettings
from devnet.keys import signing_key
from switcher import orders
from switcher.model import Cause, Incident, Order
from switcher.strangers import Strangers
from tests.support.chain import PREFIX
from tests.switcher.company import Member, member
from tests.switcher.scripted import ALPHA, BETA, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, troupe

DRILL = Order("you", "to be sure", ("beta", "gamma"), "alpha")


class Elsewhere:
    """The same chain, seen by a switcher that has another witness in its configuration."""

    def __init__(self, script: Script) -> None:
        self._script = script
        [known] = script.settings.witnesses
        other = replace(known, account="init1")
        self.settings: ChainSettings = replace(script.settings, witnesses=(other,))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._script, name)


@dataclass
class Unlike:
    """Two on one journal: one has the witness, the other acts for all that it doesn't know.

    `stop_knowing` stops the one that has it.
    """

    knowing: Member
    other: Member
    stop_knowing: Callable[[], Awaitable[None]]

    async def other_looks(self) -> None:
        """Have the one that doesn't know the witness look at what is open, with its leases."""
        await self.other.leases.beat()
        await strangers(self.other.troupe).step()

    async def open(self) -> list[Incident]:
        return list((await self.other.troupe.record()).incidents)


def strangers(t: Troupe) -> Strangers:
    return Strangers(t.worker._desk)


@pytest.fixture
async def unlike(script: Script, postgresql_url: str) -> AsyncIterator[Unlike]:
    async with (
        member(cast("Script", Elsewhere(script)), postgresql_url, "other") as other,
        AsyncExitStack() as stack,
    ):
        knowing = await stack.enter_async_context(member(script, postgresql_url, "knowing"))
        yield Unlike(knowing, other, stack.aclose)


@pytest.fixture
async def removed(database: str, script: Script) -> AsyncIterator[Troupe]:
    """Return a single switcher from whose configuration the witness was taken."""
    async with troupe(database, cast("Script", Elsewhere(script))) as t:
        yield t


async def order_drill(t: Troupe) -> None:
    key = ALPHA.text(PREFIX)
    await t.journal.open_order(WITNESS, key, Cause.DRILL, DRILL, t.script.clock())


async def test_witness_that_one_switcher_knows_is_decided_by_that_one_alone(
    unlike: Unlike,
) -> None:
    await unlike.knowing.troupe.post(ALPHA)
    await unlike.other_looks()
    await unlike.knowing.step()
    await unlike.other_looks()
    assert await unlike.knowing.troupe.words("decision") == ["not_corroborated"]


async def test_rotation_that_is_held_is_shown_once_and_by_its_witness_name(unlike: Unlike) -> None:
    held = 'understudy_open_incidents{{decision="not_corroborated",witness="{}"}} 1.0'
    await unlike.knowing.troupe.post(ALPHA)
    await unlike.knowing.step()
    await unlike.other_looks()
    assert held.format(WITNESS) in unlike.knowing.troupe.metrics.expose().decode()
    assert held.format("unknown") not in unlike.other.troupe.metrics.expose().decode()


async def test_end_of_the_alert_at_a_switcher_that_does_not_know_the_witness_keeps_off_no_rotation(
    unlike: Unlike, script: Script
) -> None:
    script.miss(3)
    assert await unlike.knowing.troupe.post(ALPHA) == ["opened"]
    assert await unlike.other.troupe.post(ALPHA, status="resolved") == ["resolved"]
    await unlike.other_looks()
    await unlike.knowing.step()
    assert len(script.transactions) == 1


async def test_drill_of_one_switcher_is_not_given_up_by_another_that_does_not_know_the_witness(
    unlike: Unlike, script: Script
) -> None:
    await order_drill(unlike.knowing.troupe)
    script.now += orders.PATIENCE + 1
    await unlike.knowing.leases.beat()
    await unlike.other_looks()
    assert len(await unlike.open()) == 1


async def test_drill_outlives_a_restart_of_the_switcher_that_knows_the_witness(
    unlike: Unlike, script: Script
) -> None:
    script.find("alpha")
    await order_drill(unlike.knowing.troupe)
    while not any(r.ended for r in (await unlike.knowing.troupe.record()).rotations):
        script.produce(include=bool(script.pending))
        await unlike.knowing.step()
    await unlike.stop_knowing()
    script.now += orders.PATIENCE - 1
    await unlike.other_looks()
    [drill] = await unlike.open()
    assert script.now - drill.opened > orders.PATIENCE
    script.now += 2
    await unlike.other_looks()
    assert await unlike.other.troupe.words("ended") == ["given_up"]


async def test_rotation_that_goes_on_after_a_restart_still_finds_its_incident(
    unlike: Unlike, script: Script
) -> None:
    script.miss(3)
    await unlike.knowing.troupe.post(ALPHA)
    await unlike.knowing.step()
    await unlike.stop_knowing()
    await unlike.other.troupe.post(ALPHA, status="resolved")
    await unlike.other_looks()
    assert len(await unlike.open()) == 1
    script.now += orders.PATIENCE + 1
    await unlike.other_looks()
    assert await unlike.other.troupe.words("ended") == ["resolved"]


async def test_what_is_open_is_ended_once_nobody_acts_for_its_witness(
    unlike: Unlike, script: Script
) -> None:
    t = unlike.other.troupe
    await unlike.knowing.troupe.post(ALPHA, BETA)
    await order_drill(t)
    await t.post(ALPHA, status="resolved")
    await unlike.other_looks()
    assert len(await unlike.open()) == 3
    await unlike.stop_knowing()
    await unlike.other_looks()
    assert [i.decision for i in await unlike.open()] == ["unknown_witness"] * 2
    assert await t.post(BETA, status="resolved") == ["ended"]
    script.now += orders.PATIENCE + 1
    await unlike.other_looks()
    assert await t.words("ended") == ["resolved", "resolved", "given_up"]


async def test_drill_of_a_witness_that_was_removed_holds_up_nothing_and_is_given_up(
    removed: Troupe, script: Script
) -> None:
    await order_drill(removed)
    await removed.post(ALPHA, witness="stranger")
    worker = strangers(removed)
    await worker.step()
    assert await removed.words("decision") == ["unknown_witness"] * 2
    script.now += removed.renewal + 1
    await worker.step()
    assert await removed.words("ended") == ["not_renewed"]
    script.now += orders.PATIENCE
    await worker.step()
    assert await removed.words("ended") == ["not_renewed", "given_up"]
    assert "it waited for 900 s: init0 is not in the configuration" in await removed.sentences()


async def test_accusation_of_a_key_that_never_signed_ends_after_its_witness_was_removed(
    database: str, script: Script
) -> None:
    script.miss(3)
    async with troupe(database, script) as t:
        await t.post(ALPHA)
        await t.worker.step()
        script.produce(include=True)
        for _ in range(30):
            script.run(1, init0_dead=True)
            await t.worker.step()
        assert "accused" in await t.words("step")
    async with troupe(database, cast("Script", Elsewhere(script))) as t:
        script.now += orders.PATIENCE + 1
        await strangers(t).step()
        assert (await t.record()).incidents == ()


async def test_what_is_decided_already_is_counted_and_not_read_again(
    removed: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [signing_key("nobody", str(number)) for number in range(25)]
    await removed.post(*many, witness="stranger")
    worker = strangers(removed)
    await worker.step()
    assert await removed.words("decision") == ["unknown_witness"] * 25
    monkeypatch.setattr("switcher.journal.strangers.incident_of", pytest.fail)
    await worker.step()
    shown = 'understudy_open_incidents{decision="unknown_witness",witness="unknown"} 25.0'
    assert shown in removed.metrics.expose().decode()
