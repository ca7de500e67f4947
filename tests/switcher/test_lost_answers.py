"""A connection to PostgreSQL that is lost after a commit: all is written, and nobody told so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from switcher.errors import OrderError, UnreachableError
from switcher.model import Arming, Cause, Order, Outcome
from tests.support.chain import PREFIX
from tests.support.cutter import Cutter
from tests.switcher.scripted import ALPHA, Script
from tests.switcher.stage import WITNESS, eventually
from tests.switcher.troupe import Troupe, troupe

ORDER = Order("maria", "why", ("beta",))


@pytest.fixture
def cutter(postgresql_url: str) -> Iterator[Cutter]:
    with Cutter(postgresql_url) as own:
        yield own


@pytest.fixture
async def outage(cutter: Cutter, script: Script) -> AsyncIterator[Troupe]:
    script.miss(3)
    async with troupe(cutter.url, script) as t:
        yield t


async def test_alert_that_was_written_down_is_posted_again_and_leads_to_one_rotation(
    outage: Troupe, cutter: Cutter
) -> None:
    cutter.lose_next()
    with pytest.raises(UnreachableError):
        await outage.post(ALPHA)
    assert await outage.post(ALPHA) == ["renewed"]
    await outage.worker.step()
    assert len(outage.script.transactions) == 1


@pytest.mark.parametrize("write", ["decide", "open_rotation", "change", "end_rotation"])
async def test_step_that_was_written_down_is_gone_on_from(
    outage: Troupe, cutter: Cutter, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = getattr(outage.journal, write)

    async def lose(*args: Any) -> Any:
        monkeypatch.undo()
        cutter.lose_next()
        return await written(*args)

    await outage.post(ALPHA)
    monkeypatch.setattr(outage.journal, write, lose)
    with pytest.raises(UnreachableError):
        await outage.worker.step()
        await outage.come_on_air()
    assert cutter.lost == 1
    await outage.worker.step()
    if write != "end_rotation":
        await outage.come_on_air()
    assert len(outage.script.transactions) == 1
    [rotation] = (await outage.record()).rotations
    assert rotation.outcome is Outcome.ON_AIR
    assert (await outage.record()).incidents == ()


async def test_lease_that_was_taken_is_taken_again(
    outage: Troupe, cutter: Cutter, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = outage.journal.lease_session("first")
    session.beat([], 1.0)
    taking = session._try

    def lose(*args: Any) -> None:
        cutter.lose_next()
        taking(*args)

    monkeypatch.setattr(session, "_try", lose)
    with pytest.raises(UnreachableError):
        session.beat([WITNESS], 1.0)
    assert cutter.lost == 1
    monkeypatch.undo()

    async def taken() -> bool | None:
        return True if session.beat([WITNESS], 2.0) else None

    await eventually(taken, timeout=10)
    session.close()


async def test_disarming_that_was_written_down_holds(
    outage: Troupe, cutter: Cutter, script: Script
) -> None:
    await outage.post(ALPHA)
    cutter.lose_next()
    with pytest.raises(UnreachableError):
        await outage.journal.arm(WITNESS, Arming(False, "maria", "why", script.clock()))
    await outage.worker.step()
    assert script.transactions == []


async def test_order_that_was_written_down_is_carried_out_once_though_it_is_given_again(
    outage: Troupe, cutter: Cutter, script: Script
) -> None:
    async def give() -> None:
        key = ALPHA.text(PREFIX)
        await outage.journal.open_order(WITNESS, key, Cause.MANUAL, ORDER, script.clock())

    cutter.lose_next()
    with pytest.raises(UnreachableError):
        await give()
    with pytest.raises(OrderError, match="still open"):
        await give()
    await outage.worker.step()
    assert len(script.transactions) == 1
