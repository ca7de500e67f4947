"""What is shown before an order is given, which are refused, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chains.bitshares.keys import null_key
from chains.bitshares.objects import CORE_UNITS
from devnet.keys import DevKey
from switcher import handover
from switcher.answers import Preview
from switcher.desk import Desk
from switcher.errors import OrderError
from switcher.handover import Proposal
from switcher.model import Arming, Cause, Outcome
from switcher.settings import Policy
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, NOBODY, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, troupe


@pytest.fixture
def healthy(script: Script) -> Script:
    """Return a script whose hosts are all well, with init0's slot just over."""
    script.find("alpha")
    script.until_signed()
    return script


class NullKey(DevKey):
    def text(self, prefix: str) -> str:
        return null_key(prefix)


def desk_of(t: Troupe) -> Desk:
    return t.worker._desk


def proposed(t: Troupe, cause: Cause, to: str | None) -> Proposal:
    return handover.proposed(desk_of(t), WITNESS, cause, to, "you", "new disk")


async def seen(t: Troupe, cause: Cause = Cause.MANUAL, to: str | None = None) -> Preview:
    return await handover.preview(desk_of(t), proposed(t, cause, to))


async def refused(t: Troupe, cause: Cause = Cause.MANUAL, to: str | None = None) -> str:
    with pytest.raises(OrderError) as caught:
        await handover.checked(desk_of(t), proposed(t, cause, to))
    return str(caught.value)


async def given(t: Troupe, to: str | None = None) -> None:
    wanted = proposed(t, Cause.MANUAL, to)
    await handover.checked(desk_of(t), wanted)
    key, now = wanted.signing_key, t.script.now
    await t.journal.open_order(WITNESS, key, Cause.MANUAL, wanted.order, now)


async def handed_over(t: Troupe) -> None:
    """Play on until the order is over."""
    for _ in range(100):
        await t.worker.step()
        record = await t.record()
        if not record.incidents:
            return
        t.script.produce(include=bool(t.script.pending))
    raise AssertionError(await t.words())


async def test_plan_tells_who_when_and_what_it_costs(tmp_path: Path, healthy: Script) -> None:
    async with troupe(tmp_path, healthy) as t:
        plan = await seen(t)
        assert (plan.on_air, plan.route, plan.back, plan.updates) == ("alpha", ["beta"], None, 1)
        assert (plan.fee, plan.balance, plan.core_symbol) == (20.0, 10_000.0, "BTS")
        assert plan.round_seconds == 7 * 3
        assert plan.slots
        assert plan.slots[-1] - plan.slots[-7] == 6 * 3
        assert (plan.may_sign, plan.refusal) == (True, None)
        assert not [o for o in plan.objections if o.decision != "not_yet"]
        assert healthy.broadcast == []


async def test_plan_of_a_drill_goes_round_and_back(tmp_path: Path, healthy: Script) -> None:
    async with troupe(tmp_path, healthy) as t:
        plan = await seen(t, Cause.DRILL)
        assert (plan.route, plan.back, plan.updates) == (["beta", "gamma"], "alpha", 3)


async def test_plan_passes_over_who_is_down(tmp_path: Path, healthy: Script) -> None:
    healthy.lose("beta")
    async with troupe(tmp_path, healthy) as t:
        assert (await seen(t)).route == ["gamma"]


async def test_handover_waits_for_the_gap_that_the_plan_tells(
    tmp_path: Path, healthy: Script
) -> None:
    async with troupe(tmp_path, healthy) as t:
        while healthy.chain.owner(2) != INIT0:
            healthy.produce()
        plan = await seen(t)
        assert plan.planned is None or plan.planned > healthy.now
        await given(t)
        await handed_over(t)
        assert not healthy.follower.recent_misses(INIT0)
        assert await t.words("ended") == ["on_air"]


def poor(script: Script) -> None:
    script.balances = dict.fromkeys(script.balances, script.fees["eu"] - 1)


def dear(script: Script) -> None:
    script.fees = dict.fromkeys(script.fees, 2_000 * CORE_UNITS + 1)


def foreign(script: Script) -> None:
    script.authority = DevKey("somebody else's")


@pytest.mark.parametrize(
    ("policy", "happen", "to", "why"),
    [
        (Policy(dry_run=True), lambda _: None, None, "Refused (dry_run): this is a dry run"),
        (Policy(), lambda s: s.lose("beta"), "beta", "Refused (no_backup_ready): beta: "),
        (Policy(), poor, None, "Refused (cannot_pay): it takes 20 of fees, there is 19.99999."),
        (Policy(), dear, None, "Refused (fee_too_high): an update would cost 2,000.00001 core tok"),
        (Policy(), foreign, None, "Refused (cannot_sign): No key at hand is an act"),
    ],
    ids=["dry run", "host down", "no money", "too dear", "no authority"],
)
async def test_what_waiting_does_not_mend_is_refused(
    tmp_path: Path,
    healthy: Script,
    policy: Policy,
    happen: Callable[[Script], None],
    to: str | None,
    why: str,
) -> None:
    happen(healthy)
    async with troupe(tmp_path, healthy, policy) as t:
        assert (await refused(t, to=to)).startswith(why)
        assert (await seen(t, to=to)).refusal is not None


async def test_witness_that_its_owner_stopped_is_left_stopped(
    tmp_path: Path, healthy: Script
) -> None:
    healthy.put_on_air(NullKey("stands for no key"))
    async with troupe(tmp_path, healthy) as t:
        assert (await refused(t, to="beta")).startswith("Refused (stopped_by_owner)")
        assert (await refused(t, Cause.DRILL)).startswith("Refused (stopped_by_owner)")


@pytest.mark.parametrize(
    ("to", "why"),
    [("delta", "init0 has no such producer, only: "), ("alpha", "alpha is on air for init0 al")],
)
async def test_senseless_order_is_refused(
    tmp_path: Path, healthy: Script, to: str, why: str
) -> None:
    async with troupe(tmp_path, healthy) as t:
        with pytest.raises(OrderError, match=why):
            await seen(t, to=to)


async def test_drill_that_could_not_pay_for_the_way_back_is_refused(
    tmp_path: Path, healthy: Script
) -> None:
    healthy.balances = dict.fromkeys(healthy.balances, healthy.fees["eu"] * 2)
    async with troupe(tmp_path, healthy) as t:
        assert "cannot_pay" in await refused(t, Cause.DRILL)
        assert (await seen(t)).refusal is None


async def test_order_starts_the_cool_down_and_spends_nothing_of_the_budget(
    tmp_path: Path, healthy: Script
) -> None:
    policy = Policy(arm=True, cool_down=3_600, rotations_per_day=1)
    async with troupe(tmp_path, healthy, policy) as t:
        await given(t)
        await handed_over(t)
        assert (await t.record()).spent() == 0
        healthy.lose("beta")
        healthy.miss(3)
        await t.post(BETA)
        await t.worker.step()
        assert (await t.words("decision"))[-1] == "cooling_down"


async def test_order_is_carried_out_while_the_witness_is_disarmed(
    tmp_path: Path, healthy: Script
) -> None:
    async with troupe(tmp_path, healthy, Policy(arm=False)) as t:
        await given(t, "gamma")
        await handed_over(t)
        record = await t.record()
        assert [r.outcome for r in record.rotations] == [Outcome.ON_AIR]
        assert [r.draft.to_key for r in record.rotations] == [GAMMA.text(PREFIX)]


async def test_disarming_ends_an_order_that_waits(tmp_path: Path, healthy: Script) -> None:
    async with troupe(tmp_path, healthy) as t:
        while healthy.chain.owner(2) != INIT0:
            healthy.produce()
        await given(t)
        await t.worker.step()
        assert await t.words("decision") == ["not_yet"]
        await t.journal.arm(WITNESS, Arming(False, "you", "not now", healthy.now + 0.1))
        await handed_over(t)
        assert await t.words("ended") == ["cancelled"]
        assert healthy.broadcast == []


@pytest.mark.parametrize("cause", [Cause.MANUAL, Cause.DRILL])
async def test_order_is_refused_whose_key_is_replaced_while_the_nodes_are_asked(
    tmp_path: Path, healthy: Script, monkeypatch: pytest.MonkeyPatch, cause: Cause
) -> None:
    asked = healthy.call

    async def call(*work: Any, **options: Any) -> Any:
        if handover._key_in_force(desk_of(t), WITNESS) != BETA.text(PREFIX):
            healthy.put_on_air(BETA)
        return await asked(*work, **options)

    monkeypatch.setattr(healthy, "call", call)
    async with troupe(tmp_path, healthy) as t:
        told = await refused(t, cause)
        assert told == "Since the plan was shown beta has come on air; look at it anew."


async def test_order_whose_key_somebody_put_on_air_who_is_not_of_the_ring_is_refused(
    tmp_path: Path, healthy: Script
) -> None:
    async with troupe(tmp_path, healthy) as t:
        given_before = proposed(t, Cause.MANUAL, None)
        healthy.put_on_air(NOBODY)
        with pytest.raises(OrderError) as caught:
            await handover.checked(desk_of(t), given_before)
        stranger = NOBODY.text(PREFIX)
        assert f"shown nobody of the ring ({stranger}) has come on air" in str(caught.value)


async def test_second_order_is_refused_while_one_is_open(tmp_path: Path, healthy: Script) -> None:
    async with troupe(tmp_path, healthy) as t:
        await given(t)
        with pytest.raises(
            OrderError, match=r"Order 1 for init0 is still open; wait for it, or di"
        ):
            await given(t)
        assert ALPHA.text(PREFIX) == handover._key_in_force(desk_of(t), WITNESS)


async def test_host_that_never_signs_can_be_taken_off_air_by_hand_while_disarmed(
    tmp_path: Path, healthy: Script
) -> None:
    async with troupe(tmp_path, healthy, Policy(arm=False)) as t:
        await given(t, "beta")
        while "disarmed" not in await t.words("decision"):
            await t.worker.step()
            silent = handover._key_in_force(desk_of(t), WITNESS) == BETA.text(PREFIX)
            slot = 2 if silent and healthy.chain.owner() == INIT0 else 1
            healthy.produce(slot, include=bool(healthy.pending))
        assert await t.words("ended") == []
        await given(t, "alpha")
        await handed_over(t)
        assert await t.words("ended") == ["superseded", "on_air"]


async def test_witness_without_slots_is_not_drilled(tmp_path: Path, healthy: Script) -> None:
    async with troupe(tmp_path, healthy) as t:
        healthy.vote_out()
        with pytest.raises(OrderError, match="not active"):
            await seen(t, Cause.DRILL)
        assert (await seen(t)).refusal is None
