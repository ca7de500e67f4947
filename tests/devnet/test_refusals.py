"""Of several mistakes in one transaction a node names the one that it comes upon first."""

from __future__ import annotations

from typing import Any

import pytest

from chains.bitshares.transactions import format_time
from devnet.keys import DevKey, active_key, owner_key, signing_key
from devnet.refusals import RefusedError
from devnet.settings import DevnetSettings

from .manual import ManualNet
from .recorded import Json

POOR = "init6"


@pytest.fixture
async def net() -> ManualNet:
    """A network with some blocks, in which init6 has no money."""
    network = ManualNet(DevnetSettings(interval=3, api_nodes=1, balances={POOR: 0}))
    await network.play(10)
    return network


def refused(net: ManualNet, transaction: Json, *keys: DevKey) -> RefusedError:
    with pytest.raises(RefusedError) as refusal:
        net.nodes["eu"].push_transaction(net.sign(transaction, *keys))
    assert net.nodes["eu"].pending == []
    return refusal.value


def transaction(net: ManualNet, operation: list[Any], **members: Any) -> Json:
    return {
        "ref_block_num": 0,
        "ref_block_prefix": 0,
        "expiration": format_time(net.now + 30),
        "operations": [operation],
        "extensions": [],
        **members,
    }


def update(witness: int, account: int, fee: int = 2_000_000, asset: str = "1.3.0") -> list[Any]:
    members = {
        "fee": {"amount": fee, "asset_id": asset},
        "witness": f"1.6.{witness}",
        "witness_account": f"1.2.{account}",
    }
    return [21, members]


def transfer(amount: int, asset: str = "1.3.0", to: str = "1.2.7") -> list[Any]:
    members = {
        "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
        "from": "1.2.6",
        "to": to,
        "amount": {"amount": amount, "asset_id": asset},
        "extensions": [],
    }
    return [0, members]


async def test_the_mistakes_of_one_update_are_named_in_the_nodes_order(net: ManualNet) -> None:
    """Each step mends the mistake that the step before was refused for."""
    wrong = {"ref_block_num": 5, "ref_block_prefix": 1, "expiration": format_time(net.now - 3)}
    bad = transaction(net, update(99, 12, fee=1), **wrong)
    steps: list[tuple[Json, tuple[DevKey, ...], int, str]] = [
        (bad, (signing_key(POOR),), 4010001, "Missing Active Authority 1.2.12"),
        (bad, (active_key(POOR), active_key("init0")), 4010004, "Unnecessary signature"),
        (bad, (active_key(POOR),), 10, "tapos_block_summary"),
    ]
    bad = bad | {"ref_block_num": 0, "ref_block_prefix": 0}
    steps.append((bad, (active_key(POOR),), 10, "now <= trx.expiration"))
    bad = transaction(net, update(99, 12, fee=1))
    steps.append((bad, (active_key(POOR),), 4010007, "Insufficient Fee Paid"))
    bad = transaction(net, update(99, 12))
    steps.append((bad, (active_key(POOR),), 10, "Unable to find Object 1.6.99"))
    bad = transaction(net, update(1, 12))
    steps.append((bad, (active_key(POOR),), 10, "db().get(op.witness).witness_account"))
    bad = transaction(net, update(7, 12))
    steps.append((bad, (active_key(POOR),), 10, "balance of 0 BTS is less than required 20 BTS"))
    for body, keys, code, text in steps:
        refusal = refused(net, body, *keys)
        assert (refusal.code, text in refusal.message) == (code, True), refusal.message


async def test_a_transfer_moves_money_and_costs_its_fee(net: ManualNet) -> None:
    body = transaction(net, transfer(5_000_000_000_0 // 100))
    net.give("eu", net.sign(body, active_key("init0")))
    await net.settle()
    await net.play()
    balances = net.nodes["alpha"].state.balances
    assert balances["1.2.6"] == 1_000_000_000 - 500_000_000 - 2_000_000
    assert balances["1.2.7"] == 1_000_000_000 + 500_000_000


async def test_the_owner_s_signature_alone_is_as_good_and_both_are_one_too_many(
    net: ManualNet,
) -> None:
    body = transaction(net, transfer(1_000))
    both = refused(net, body, active_key("init0"), owner_key("init0"))
    assert both.code == 4010004
    net.give("eu", net.sign(body, owner_key("init0")))
    await net.settle()
    await net.play()
    assert net.nodes["alpha"].state.balances["1.2.6"] == 1_000_000_000 - 1_000 - 2_000_000


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (transfer(10**12), "unable to transfer '10000000 BTS' from account 'init0' to 'init1'"),
        (transfer(1, asset="1.3.1"), "Insufficient Balance: 0 USD"),
        (transfer(1, asset="1.3.9"), "Unable to find Object 1.3.9"),
        (transfer(1, to="1.2.999"), "Unable to find Object 1.2.999"),
        (transfer(0), "amount.amount > 0"),
        (transfer(1, to="1.2.6"), "from != to"),
        (update(1, 6, asset="1.3.9"), "Unable to find Object 1.3.9"),
        (update(1, 6, asset="1.3.1"), "fees in the core asset only"),
    ],
)
async def test_an_operation_that_cannot_be_done_is_refused(
    net: ManualNet, operation: list[Any], text: str
) -> None:
    assert text in refused(net, transaction(net, operation), active_key("init0")).message


async def test_fees_come_back_at_maintenance_but_for_the_networks_part() -> None:
    net = ManualNet(DevnetSettings(interval=3, api_nodes=1, maintenance_interval=60))
    await net.play(2)
    net.give("eu", net.update("http://x", reference=1))
    await net.settle()
    await net.play(25)
    fees = net.nodes["alpha"].state.fees["1.2.6"]
    assert (fees.pending, fees.paid) == (0, 2_000_000)
    assert fees.cashback is not None
    assert fees.cashback.amount == 1_600_000
