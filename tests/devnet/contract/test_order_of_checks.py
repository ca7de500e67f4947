"""Transactions with two mistakes, and transfers: which refusal a node gives first.

Not in the recordings; the expectations were seen on a real node (core 7.0.2), against which this
test runs as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.witness_node.client import Connection, RefusedError
from tests.support.witness_node.signing import CORE, FEE, Json, signed, transaction, witness_update

from .target import Target

INIT0, INIT1, POOR = "1.2.6", "1.2.7", "1.2.12"
MUCH = 10**15

NO_AUTHORITY = "Missing Active Authority"
DUPLICATE_SIGNATURE = "Duplicate Signature detected"
NEEDLESS_SIGNATURE = "Unnecessary signature(s) detected"
OTHER_FORK = "trx.ref_block_prefix == tapos_block_summary.block_id._hash[1].value(): "
EXPIRED = "now <= trx.expiration: "
TOO_FAR = "trx.expiration <= now + chain_parameters.maximum_time_until_expiration: "
LOW_FEE = "Insufficient Fee Paid"
NOT_YOURS = "db().get(op.witness).witness_account == op.witness_account: "
NEGATIVE_FEE = "fee.amount >= 0: "
LONG_URL = "new_url->size() < GRAPHENE_MAX_URL_LENGTH: "


@dataclass(frozen=True)
class Wrong:
    """A transaction of some operations, and the words of its refusal."""

    name: str
    words: str
    operations: tuple[list[Any], ...]
    seconds: int = 30
    signers: tuple[str, ...] = ("init0-active",)
    changes: Json = field(default_factory=dict)


def _amount(amount: int, asset: str = CORE) -> Json:
    return {"amount": amount, "asset_id": asset}


def _update(**members: Any) -> list[Any]:
    operation, body = witness_update(1, url="http://order")
    return [operation, body | members]


def _transfer(**members: Any) -> list[Any]:
    body = {"fee": _amount(FEE), "from": INIT0, "to": INIT1, "amount": _amount(1)}
    return [0, body | members]


BAD_REFERENCE = {"ref_block_prefix": 1}
ELSEWHERE = ("init1-active",)
TWICE = ("init0-active", "init0-active")
SUPERFLUOUS = ("init0-active", "init1-active")

ORDER = (
    Wrong("form, then signature", NEGATIVE_FEE, (_update(fee=_amount(-1)),), signers=()),
    Wrong("url, then signature", LONG_URL, (_update(new_url="h" * 130),), signers=()),
    Wrong("signature, then expiration", NO_AUTHORITY, (_update(),), -10, ELSEWHERE),
    Wrong("signature, then reference", NO_AUTHORITY, (_update(),), 30, ELSEWHERE, BAD_REFERENCE),
    Wrong("signature twice, then expiration", DUPLICATE_SIGNATURE, (_update(),), -10, TWICE),
    Wrong(
        "needless signature, then reference",
        NEEDLESS_SIGNATURE,
        (_update(),),
        30,
        SUPERFLUOUS,
        BAD_REFERENCE,
    ),
    Wrong("reference, then expiration", OTHER_FORK, (_update(),), -10, changes=BAD_REFERENCE),
    Wrong("expiration, then fee", EXPIRED, (_update(fee=_amount(1)),), -10),
    Wrong("far expiration, then fee", TOO_FAR, (_update(fee=_amount(1)),), 90_000),
    Wrong("fee, then witness", LOW_FEE, (_update(fee=_amount(1), witness="1.6.2"),)),
    Wrong(
        "witness, then balance", NOT_YOURS, (_update(witness_account=POOR),), 30, ("init6-active",)
    ),
    Wrong(
        "fee, then balance",
        LOW_FEE,
        (_update(witness="1.6.7", witness_account=POOR, fee=_amount(1)),),
        30,
        ("init6-active",),
    ),
    Wrong(
        "a second operation that needs another signature",
        NO_AUTHORITY,
        (_update(), _update(witness="1.6.2", witness_account=INIT1)),
    ),
    Wrong("no operations, expired", "A transaction must have at least one operation", (), -10),
)
TRANSFERS = (
    Wrong("of nothing", "amount.amount > 0: ", (_transfer(amount=_amount(0)),)),
    Wrong("to oneself", "from != to: ", (_transfer(to=INIT0),)),
    Wrong("to nobody", "Unable to find Object 1.2.999", (_transfer(to="1.2.999"),)),
    Wrong("of no asset", "Unable to find Object 1.3.77", (_transfer(amount=_amount(1, "1.3.77")),)),
    Wrong(
        "of too much",
        "Unable to transfer 10000000000 BTS from init0 to init1",
        (_transfer(amount=_amount(MUCH)),),
    ),
    Wrong(
        "for too high a fee",
        "is less than required 10000000000 BTS",
        (_transfer(fee=_amount(MUCH)),),
    ),
    Wrong("by somebody else", NO_AUTHORITY, (_transfer(),), 30, ELSEWHERE),
    Wrong("for too low a fee", LOW_FEE, (_transfer(fee=_amount(1)),)),
    Wrong(
        "from an empty balance",
        "Insufficient Balance: 0 BTS, unable to transfer '0.00001 BTS'",
        (_transfer(**{"from": POOR}),),
        30,
        ("init6-active",),
    ),
)


@pytest.mark.parametrize("wrong", ORDER, ids=lambda wrong: wrong.name)
def test_of_two_mistakes_the_earlier_check_is_told(
    target: Target, node: Connection, wrong: Wrong
) -> None:
    assert wrong.words in _refusal(target, node, wrong)


@pytest.mark.parametrize("wrong", TRANSFERS, ids=lambda wrong: wrong.name)
def test_a_wrong_transfer_is_refused(target: Target, node: Connection, wrong: Wrong) -> None:
    assert wrong.words in _refusal(target, node, wrong)


def _refusal(target: Target, node: Connection, wrong: Wrong) -> str:
    unsigned = transaction(node.head(), *wrong.operations, seconds=wrong.seconds) | wrong.changes
    with pytest.raises(RefusedError) as refused:
        node.call(
            "network_broadcast",
            "broadcast_transaction",
            signed(unsigned, target.chain_id, *wrong.signers),
        )
    return str(refused.value)


def test_a_transfer_moves_the_balance_and_costs_the_fee(target: Target, node: Connection) -> None:
    def balances() -> list[int]:
        found = [node.call("database", "get_account_balances", who, [CORE]) for who in both]
        return [int(held[0]["amount"]) for held in found]

    both = (INIT0, INIT1)
    before = balances()
    change = signed(transaction(node.head(), _transfer()), target.chain_id, "init0-active")
    node.call("network_broadcast", "broadcast_transaction_synchronous", change)
    assert balances() == [before[0] - FEE - 1, before[1] + 1]
