"""Two switchers on one journal: one acts, the other takes over when that can't."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from bench.postgresql import Cluster
from switcher.errors import StandbyError
from switcher.model import Arming, Cause, DrillResult, Order, Outcome
from switcher.orders import Drilled
from switcher.strangers import Strangers
from tests.support.chain import PREFIX
from tests.switcher.company import Member, member
from tests.switcher.scripted import ALPHA, NODES, Script
from tests.switcher.stage import WITNESS


@dataclass
class Company:
    """The first, which acts at the beginning, and the second.

    `end_first` has the server end the session of the one that acts.
    """

    first: Member
    second: Member
    script: Script
    end_first: Callable[[], None]


@pytest.fixture
async def company(
    script: Script, postgresql_url: str, postgresql: Cluster
) -> AsyncIterator[Company]:
    script.miss(3)
    async with (
        member(script, postgresql_url, "first") as first,
        member(script, postgresql_url, "second") as second,
    ):
        database = postgresql_url.rpartition("/")[2]
        yield Company(first, second, script, lambda: postgresql.end_holders(database))


async def test_alert_at_both_leads_to_one_rotation(company: Company) -> None:
    first, second, script = company.first, company.second, company.script
    assert await first.troupe.post(ALPHA) == ["opened"]
    assert await second.troupe.post(ALPHA) == ["renewed"]
    await second.step()
    assert script.transactions == []
    await first.step()
    assert len(script.transactions) == 1
    await second.step()
    assert len(script.transactions) == 1


async def test_alert_that_only_the_standby_hears_is_acted_upon(company: Company) -> None:
    await company.second.troupe.post(ALPHA)
    await company.first.step()
    assert len(company.script.transactions) == 1


async def test_standby_takes_over_before_the_decision(company: Company) -> None:
    await company.first.troupe.post(ALPHA)
    company.end_first()
    await company.second.step()
    assert company.second.acts()
    assert len(company.script.transactions) == 1


async def test_standby_goes_on_with_the_rotation_of_the_one_that_died(company: Company) -> None:
    first, second, script = company.first, company.second, company.script
    script.deaf = set(NODES)
    await first.troupe.post(ALPHA)
    await first.step()
    company.end_first()
    script.deaf = set()
    await second.step()
    await second.troupe.come_on_air()
    assert len(script.transactions) == 1
    [rotation] = (await second.troupe.record()).rotations
    assert rotation.outcome is Outcome.ON_AIR


async def test_frozen_holder_that_wakes_up_can_write_nothing(company: Company) -> None:
    first, second, script = company.first, company.second, company.script
    await first.troupe.post(ALPHA)
    company.end_first()  # as the server does with one that says nothing
    await second.step()
    assert second.acts()
    assert first.acts(), "it does not know yet"
    script.produce(include=True)
    with pytest.raises(StandbyError, match="second acts for init0"):
        await first.troupe.worker.step()
    assert await second.troupe.words("step") == ["broadcast", "sent"]
    await first.leases.beat()
    assert not first.acts()
    await first.troupe.worker.step()
    assert len(script.transactions) == 1


async def test_blind_holder_gives_way_to_one_that_sees_the_nodes(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switcher.lease._BLIND", 0.0)
    first, second = company.first, company.second
    await first.leases.beat()
    first.able = False
    await first.leases.beat()
    assert not first.acts()
    await second.leases.beat()
    assert second.acts()
    await first.leases.beat()
    assert not first.acts()


async def test_switcher_that_comes_back_stands_by(company: Company) -> None:
    company.end_first()
    await company.second.leases.beat()
    for _ in range(2):  # the first beat finds the session gone, the next one opens another
        await company.first.leases.beat()
    assert company.second.acts()
    assert not company.first.acts()


async def test_switcher_that_gets_no_answer_counts_itself_out(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switcher.lease._FRESH", -1.0)
    await company.first.leases.beat()
    assert not company.first.acts()
    with pytest.raises(StandbyError):
        await company.first.troupe.journal.note_drill(WITNESS, [])


async def test_frozen_holder_that_wakes_up_brings_no_host_back_but_people_may_order(
    company: Company,
) -> None:
    first, second, script = company.first, company.second, company.script
    company.end_first()
    await second.leases.beat()
    assert first.acts(), "it does not know yet"

    async def order(cause: Cause) -> None:
        key, given = ALPHA.text(PREFIX), Order("policy", "why", ("beta",))
        await first.troupe.journal.open_order(WITNESS, key, cause, given, script.clock())

    with pytest.raises(StandbyError, match="second acts for init0"):
        await order(Cause.RETURN)
    await order(Cause.MANUAL)
    await second.step()
    assert len(script.transactions) == 1


async def test_disarming_at_the_standby_holds_the_one_that_acts(company: Company) -> None:
    first, second, script = company.first, company.second, company.script
    await first.troupe.post(ALPHA)
    await second.troupe.journal.arm(WITNESS, Arming(False, "maria", "why", script.clock()))
    await first.step()
    assert script.transactions == []
    await second.troupe.journal.arm(WITNESS, Arming(True, "maria", "why", script.clock()))
    await first.step()
    assert len(script.transactions) == 1


async def test_both_tell_of_incidents_of_unknown_witnesses_while_they_are_open(
    company: Company,
) -> None:
    stranger = 'understudy_open_incidents{decision="unknown_witness",witness="unknown"}'
    members = (company.first, company.second)
    workers = [Strangers(member.troupe.worker._desk) for member in members]

    async def told() -> list[bool]:
        for worker in workers:
            await worker.step()
        texts = [member.troupe.metrics.expose().decode() for member in members]
        return [f"{stranger} 1.0" in text for text in texts]

    await company.first.troupe.post(ALPHA, witness="stranger")
    assert await told() == [True, True]
    company.end_first()
    await company.first.leases.beat()
    await company.second.leases.beat()
    company.script.now += company.first.troupe.renewal + 1
    await workers[1].step()
    assert await told() == [False, False]


async def test_standby_tells_of_the_drills_that_were_made_elsewhere(company: Company) -> None:
    drilled = Drilled("beta", DrillResult.SIGNED, 1234.0)
    await company.first.troupe.journal.note_drill(WITNESS, [drilled])
    await company.second.step()
    told = company.second.troupe.metrics.expose().decode()
    labels = 'producer="beta",result="signed",witness="init0"'
    assert f"understudy_drill_timestamp_seconds{{{labels}}} 1234.0" in told
