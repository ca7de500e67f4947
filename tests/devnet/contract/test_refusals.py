"""Every recorded broadcast that a node judged by itself: taken or refused as it was then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.witness_node.client import Connection
from tests.support.witness_node.signing import Head, Json, high_s, sign_variants

from .recordings import Exchange, exchanges
from .retarget import Live, is_transaction, retargeted
from .shape import reply_differences
from .target import Target

MAIN_NETWORK = "4018d7844c78f6a6c41c6a552b898022310fc5dec06da467ee7905a8dad512c8"
LONGEST_EXPIRATION = 86_400

Change = Callable[[Json], None]


def _nothing(transaction: Json) -> None:
    """Leave it."""


@dataclass(frozen=True)
class Case:
    """How the twin of a recorded transaction is made to be wrong in the recorded way."""

    seconds: int = 30
    before_signing: Change = _nothing
    after_signing: Change = _nothing
    signed_by: tuple[str, ...] | None = None
    chain_id: str | None = None


def _other_fork(transaction: Json) -> None:
    transaction["ref_block_prefix"] ^= 1


def _future_block(transaction: Json) -> None:
    transaction["ref_block_num"] += 50


def _no_reference(transaction: Json) -> None:
    transaction |= {"ref_block_num": 0, "ref_block_prefix": 0}


def _truncated(transaction: Json) -> None:
    transaction["signatures"] = [text[:-2] for text in transaction["signatures"]]


def _not_canonical(transaction: Json) -> None:
    transaction["signatures"] = [high_s(text) for text in transaction["signatures"]]


SPECIAL = {
    "expired transaction: expiration 10 s before head time": Case(seconds=-10),
    "expiration = head time exactly": Case(seconds=0),
    "expiration too far: 86401+ s ahead": Case(seconds=LONGEST_EXPIRATION + 100),
    "signed for another chain id (BitShares mainnet 4018d784...)": Case(
        signed_by=("init0-active",), chain_id=MAIN_NETWORK
    ),
    "signature truncated": Case(signed_by=("init0-active",), after_signing=_truncated),
    "ref_block_prefix of another fork (unknown TAPOS)": Case(before_signing=_other_fork),
    "ref_block_num of a block that does not exist yet": Case(before_signing=_future_block),
    "ref_block_num 0, ref_block_prefix 0 (accepted? the expiration must then be relative)": Case(
        before_signing=_no_reference
    ),
    "non-canonical signature (high s)": Case(
        signed_by=("init0-active",), after_signing=_not_canonical
    ),
}
"""By the recorder's note; the others only need the live chain's head and their signers."""


def _judged_alone() -> list[Exchange]:
    return [
        exchange
        for exchange in exchanges("errors.jsonl")
        if exchange.method == "network_broadcast.broadcast_transaction"
        and is_transaction(exchange.params[0])
        and not exchange.note.startswith(("duplicate", "a transaction whose"))
        and "DIFFERENT" not in exchange.note
    ]


@pytest.mark.parametrize("exchange", _judged_alone(), ids=lambda exchange: exchange.note)
def test_a_broadcast_is_judged_as_recorded(
    target: Target, node: Connection, exchange: Exchange
) -> None:
    case = SPECIAL.get(exchange.note, Case())
    head = node.fresh_head() if case.seconds <= 0 else node.head()
    twin = _twin(exchange.params[0], head, target, case)
    reply = _broadcast(node, twin)
    assert reply_differences(exchange.reply, reply) == []


def _twin(recorded: Json, head: Head, target: Target, case: Case) -> Json:
    twin = retargeted(
        recorded,
        head,
        case.chain_id or target.chain_id,
        seconds=case.seconds,
        adjust=case.before_signing,
        signed_by=case.signed_by,
    )
    case.after_signing(twin)
    return twin


def _broadcast(node: Connection, transaction: Json) -> Any:
    call = ["network_broadcast", "broadcast_transaction", [transaction]]
    return node.exchange({"id": 1, "method": "call", "params": call})


def test_two_different_signatures_of_one_key_are_a_duplicate(
    target: Target, node: Connection
) -> None:
    exchange = next(e for e in exchanges("errors.jsonl") if "DIFFERENT" in e.note)
    twin = _twin(exchange.params[0], node.head(), target, Case(signed_by=()))
    both = twin | {"signatures": sign_variants(twin, target.chain_id, "init0-active", 2)}
    assert reply_differences(exchange.reply, _broadcast(node, both)) == []


def test_every_special_case_belongs_to_a_recorded_one() -> None:
    assert set(SPECIAL) <= {exchange.note for exchange in _judged_alone()}


def test_a_recorded_call_with_a_transaction_of_the_wrong_type_is_refused(
    node: Connection, live: Live
) -> None:
    for file in ("errors.jsonl", "errors-default-api-access.jsonl"):
        for exchange in exchanges(file):
            if (exchange.method or "").endswith("broadcast_transaction") and not is_transaction(
                exchange.params[0]
            ):
                reply = node.exchange(live.request(exchange))
                assert reply_differences(exchange.reply, reply) == [], exchange.name
