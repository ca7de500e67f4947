"""What goes out to the nodes, what is held back, and what nodes make of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chains.bitshares.objects import CORE_ASSET, CORE_UNITS
from switcher.model import Arming
from switcher.settings import Policy
from tests.switcher.scripted import ALPHA, FEE, GAMMA, INIT0, NODES, Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, handled_outage, reported_outage, troupe


@asynccontextmanager
async def unanswered_broadcast(folder: Path, script: Script) -> AsyncIterator[Troupe]:
    """Have a transaction given to the nodes, none of which answers; the script forgets it."""
    script.deaf = set(NODES)
    async with handled_outage(folder, script) as t:
        assert script.broadcast != []
        script.broadcast.clear()
        yield t


def while_asked(
    script: Script, patch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[object]]
) -> None:
    """Have something happen whenever a node is asked, before it answers."""
    asked = script.call

    async def call(*work: Any, **options: Any) -> Any:
        await happens()
        return await asked(*work, **options)

    patch.setattr(script, "call", call)


async def test_transaction_is_sent_again_until_a_block_holds_it(
    tmp_path: Path, script: Script
) -> None:
    script.deaf = set(NODES)
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("step") == ["broadcast"]
        script.deaf = set()
        script.run(1, init0_dead=True)
        await t.worker.step()
        assert await t.words("step") == ["broadcast", "sent"]
        assert len(script.transactions) == 1


async def test_transaction_is_not_sent_again_once_disarmed(tmp_path: Path, script: Script) -> None:
    async with unanswered_broadcast(tmp_path, script) as t:
        await t.journal.arm(WITNESS, Arming(False, "maria", "maintenance", script.now))
        await t.worker.step()
        assert script.broadcast == []


async def test_dry_run_sends_nothing_that_an_earlier_run_wrote_down(
    tmp_path: Path, script: Script
) -> None:
    async with unanswered_broadcast(tmp_path, script):
        pass
    async with troupe(tmp_path, script, Policy(arm=True, dry_run=True)) as t:
        await t.worker.step()
        assert script.broadcast == []


async def test_key_that_somebody_else_put_in_force_is_not_overwritten(
    tmp_path: Path, script: Script
) -> None:
    async with unanswered_broadcast(tmp_path, script) as t:
        script.follower.apply(script.chain.produce(1, {INIT0: GAMMA}))
        await t.worker.step()
        assert script.broadcast == []


async def test_end_of_the_alert_while_signing_stops_nothing_that_the_chain_shows(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reported_outage(tmp_path, script) as t:
        while_asked(script, monkeypatch, lambda: t.post(ALPHA, status="resolved"))
        await t.worker.step()
        assert len(script.transactions) == 1
        assert await t.words("ended") == []


async def test_disarming_while_the_nodes_are_asked_stops_the_broadcast(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reported_outage(tmp_path, script) as t:
        while_asked(
            script,
            monkeypatch,
            lambda: t.journal.arm(WITNESS, Arming(False, "maria", "stop", script.now)),
        )
        await t.worker.step()
        assert script.broadcast == []
        assert await t.words("step") == []


async def test_refusal_is_told_with_its_code_and_tried_again_after_the_cool_down(
    tmp_path: Path, script: Script
) -> None:
    script.refusal = (4010001, "Missing Active Authority 1.2.6")
    async with handled_outage(tmp_path, script) as t:
        await t.worker.step()
        assert (await t.words())[1:] == ["rotate", "broadcast", "rejected", "cooling_down"]
        [entry] = [e for e in await t.journal.entries() if e.value == "rejected"]
        assert entry.details["code"] == 4010001
        script.refusal = None
        script.run(25, init0_dead=True)
        await t.worker.step()
        assert (await t.words("step"))[-2:] == ["broadcast", "sent"]
        assert (await t.record()).spent() == 1


async def test_account_that_can_t_pay_sends_nothing(tmp_path: Path, script: Script) -> None:
    script.balances = dict.fromkeys(script.balances, FEE - 1)
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("step") == ["cannot_pay"]
        entry = (await t.journal.entries())[0]
        assert entry.sentence == "the fee is 20 BTS, the account has 19.99999"
        assert script.broadcast == []


@pytest.mark.parametrize("shown", [0, 1_000_000_000])
async def test_one_lying_node_does_not_stop_a_rotation_over_the_balance(
    tmp_path: Path, script: Script, shown: int
) -> None:
    script.balances["eu"] = shown
    script.down = {"asia"}
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("step") == ["broadcast", "sent"]


async def test_key_that_is_no_authority_sends_nothing(tmp_path: Path, script: Script) -> None:
    script.authority = GAMMA
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("step") == ["cannot_sign"]
        assert script.broadcast == []


async def test_one_lying_node_does_not_set_the_fee(tmp_path: Path, script: Script) -> None:
    script.fees["eu"] = 900_000_000
    async with handled_outage(tmp_path, script):
        [transaction] = script.transactions
        assert transaction["operations"][0][1]["fee"]["amount"] == FEE


@pytest.mark.parametrize(
    ("fee", "asset", "decision", "why"),
    [
        (
            10**12,
            CORE_ASSET,
            "fee_too_high",
            "an update would cost 10,000,000 core tokens, switcher.policy.max_fee allows 2,000: "
            "raise it if the chain does ask for that much, else take other nodes into "
            "bitshares.nodes",
        ),
        (
            7,
            "1.3.121",
            "not_quorate",
            "the nodes ask for a fee in '1.3.121', not in the core token",
        ),
        (-5, CORE_ASSET, "not_quorate", "the nodes ask for a fee of -5, which is no amount"),
        ("abc", CORE_ASSET, "not_quorate", "the nodes ask for a fee of 'abc', which is no amount"),
    ],
    ids=["too much", "another asset", "negative", "no number"],
)
async def test_fee_that_no_chain_asks_is_not_signed_whoever_agrees_on_it(
    tmp_path: Path, script: Script, fee: object, asset: str, decision: str, why: str
) -> None:
    script.balances = dict.fromkeys(script.balances, 10**15)
    script.fees, script.fee_asset = dict.fromkeys(script.fees, fee), asset
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("decision", "step") == [decision]
        assert (await t.sentences())[0] == why
        assert (await t.record()).rotations == ()
        assert script.broadcast == []
        script.fees, script.fee_asset = dict.fromkeys(script.fees, FEE), CORE_ASSET
        await t.worker.step()
        assert await t.words("step") == ["broadcast", "sent"]


@pytest.mark.parametrize(("fee", "steps"), [(FEE, ["broadcast", "sent"]), (FEE + 1, [])])
async def test_fee_may_be_as_high_as_the_policy_says_and_no_higher(
    tmp_path: Path, script: Script, fee: int, steps: list[str]
) -> None:
    script.fees = dict.fromkeys(script.fees, fee)
    policy = Policy(arm=True, max_fee=FEE // CORE_UNITS)
    async with handled_outage(tmp_path, script, policy) as t:
        assert await t.words("step") == steps


async def test_nodes_that_name_different_fees_hold_the_rotation(
    tmp_path: Path, script: Script
) -> None:
    script.fees = {"eu": 1, "us": 2, "asia": 3}
    async with handled_outage(tmp_path, script) as t:
        assert await t.words("decision") == ["not_quorate"]
