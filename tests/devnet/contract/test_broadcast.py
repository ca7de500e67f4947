"""What becomes of a transaction that a node took."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from tests.support.witness_node.client import Connection, connected
from tests.support.witness_node.signing import (
    Head,
    Json,
    identity,
    public_key,
    signed,
    transaction,
    witness_update,
)

from .inventory import skip_unsupported
from .recordings import Exchange, exchanges, notices
from .shape import differences, reply_differences
from .target import Target

HOLDER = "init0-active"
NO_RESULTS: Json = {"operation_results": []}
"""Blocks leave out the results of operations, which callbacks tell."""


def update(target: Target, head: Head, url: str, seconds: int = 30, key: str | None = None) -> Json:
    """Return a signed update of witness 1.6.1 to another URL, and maybe to another key."""
    operation = witness_update(url=url, key=key)
    return signed(transaction(head, operation, seconds=seconds), target.chain_id, HOLDER)


def _in_block(node: Connection, told: Json) -> Any:
    block = node.call("database", "get_block", told["block_num"])
    return block["transactions"][told["trx_num"]]


def _frame(transaction: Json, method: str = "broadcast_transaction", *first: Any) -> Json:
    params = ["network_broadcast", method, [*first, transaction]]
    return {"id": 5, "method": "call", "params": params}


def _recorded(file: str, method: str) -> Exchange:
    return next(e for e in exchanges(file) if (e.method or "").endswith(method))


def test_the_effect_shows_at_once_before_any_block_holds_it(
    target: Target, node: Connection
) -> None:
    head = node.fresh_head()
    before = node.witness()
    key = public_key("rogue")
    change = update(target, head, "http://pending", key=key)
    node.call("network_broadcast", "broadcast_transaction", change)
    after = node.witness()
    assert node.head().number == head.number
    assert before["signing_key"] != key
    assert after == before | {"url": "http://pending", "signing_key": key}


def test_every_connected_node_shows_a_pending_transaction_within_an_interval(
    target: Target, node: Connection
) -> None:
    with ExitStack() as stack:
        others = [stack.enter_context(connected(url)) for url in target.others]
        for other in others:
            other.call("database", "set_pending_transaction_callback", 9)
        head = node.fresh_head()
        change = update(target, head, "http://everywhere")
        node.call("network_broadcast", "broadcast_transaction", change)
        for other in others:
            other.notice_where(lambda notice: _tells(notice, change), 1.0)
            assert other.witness()["url"] == "http://everywhere"


def _tells(notice: Json, change: Json) -> bool:
    return bool(notice["params"][1][0]["signatures"] == change["signatures"])


def test_a_taken_transaction_is_in_the_next_block(target: Target, node: Connection) -> None:
    head = node.fresh_head()
    change = update(target, head, "http://next")
    assert node.exchange(_frame(change)) == {"id": 5, "result": None}
    node.await_block(head.number + 1)
    block = node.call("database", "get_block", head.number + 1)
    assert identity(change) in [identity(found) for found in block["transactions"]]
    assert block["transaction_merkle_root"] != "00" * 20


def test_the_callback_comes_with_the_block(target: Target, node: Connection) -> None:
    recorded = notices("update-witness-callback.jsonl", 77)[0]
    head = node.head()
    change = update(target, head, "http://callback", key=public_key(target.signing_names[0]))
    reply = node.exchange(_frame(change, "broadcast_transaction_with_callback", 77))
    assert reply == {"id": 5, "result": None}
    notice = node.notice()
    told = notice["params"][1][0]
    assert differences(recorded["params"][1], notice["params"][1]) == []
    assert (notice["params"][0], told["id"]) == (77, identity(change))
    assert _in_block(node, told) == told["trx"] | NO_RESULTS


def test_the_synchronous_form_answers_with_the_block(target: Target, node: Connection) -> None:
    recorded = _recorded("update-witness-synchronous.jsonl", "synchronous")
    key = public_key(target.signing_names[0])
    change = update(target, node.head(), "http://synchronous", key=key)
    reply = node.exchange(_frame(change, "broadcast_transaction_synchronous"))
    assert reply_differences(recorded.reply, reply) == []
    told = reply["result"]
    assert told["id"] == identity(change)
    assert _in_block(node, told) == told["trx"] | NO_RESULTS


def test_other_calls_are_answered_while_a_synchronous_one_waits(
    target: Target, node: Connection
) -> None:
    change = update(target, node.fresh_head(), "http://waits")
    node.send(_frame(change, "broadcast_transaction_synchronous"))
    assert node.call("database", "get_chain_id") == target.chain_id
    assert node.reply()["result"]["id"] == identity(change)


def _duplicates(part: str) -> Exchange:
    return next(
        e for e in exchanges("errors.jsonl") if e.note.startswith(f"duplicate, part {part}")
    )


def test_the_same_transaction_again_is_a_duplicate_pending_or_included(
    target: Target, node: Connection
) -> None:
    head = node.fresh_head()
    change = update(target, head, "http://duplicate")
    assert node.exchange(_frame(change)) == {"id": 5, "result": None}
    assert reply_differences(_duplicates("2").reply, node.exchange(_frame(change))) == []
    node.await_block(head.number + 1)
    assert reply_differences(_duplicates("3").reply, node.exchange(_frame(change))) == []
    again = node.exchange(_frame(change, "broadcast_transaction_synchronous"))
    assert reply_differences(_duplicates("4").reply, again) == []
    validated = {
        "id": 5,
        "method": "call",
        "params": ["database", "validate_transaction", [change]],
    }
    assert reply_differences(_duplicates("5").reply, node.exchange(validated)) == []


def test_a_second_node_calls_it_a_duplicate_as_well(
    target: Target, node: Connection, other: Connection
) -> None:
    change = update(target, node.head(), "http://twice")
    node.call("network_broadcast", "broadcast_transaction_synchronous", change)
    other.await_block(node.head().number)
    assert reply_differences(_duplicates("3").reply, other.exchange(_frame(change))) == []


def test_expiring_with_the_head_is_soon_enough_and_a_second_before_it_is_not(
    target: Target, node: Connection
) -> None:
    late, too_late = (
        e
        for e in exchanges("errors.jsonl")
        if e.note.startswith("a transaction whose expiration")
        and (e.method or "").endswith("broadcast_transaction")
    )
    head = node.fresh_head()
    refused = node.exchange(_frame(update(target, head, "http://too-late", seconds=-1)))
    assert reply_differences(too_late.reply, refused) == []
    change = update(target, head, "http://late", seconds=0)
    assert reply_differences(late.reply, node.exchange(_frame(change))) == []
    node.await_block(head.number + 1)
    block = node.call("database", "get_block", head.number + 1)
    assert identity(change) in [identity(found) for found in block["transactions"]]


def test_a_recent_transaction_is_told_while_pending_and_included_but_not_once_expired(
    target: Target, node: Connection
) -> None:
    recorded = [
        e
        for e in exchanges("recent-transaction.jsonl")
        if (e.method or "").endswith("get_recent_transaction_by_id")
    ]
    known, forgotten = recorded[0].reply["result"], recorded[-1].reply["result"]
    head = node.fresh_head()
    change = update(target, head, "http://recent", seconds=1)
    recent = ("database", "get_recent_transaction_by_id", identity(change))
    node.call("network_broadcast", "broadcast_transaction", change)
    assert differences(known, node.call(*recent)) == []
    node.await_block(head.number + 1)
    assert node.call(*recent)["signatures"] == change["signatures"]
    node.await_block(head.number + 2)
    assert node.call(*recent) is forgotten is None


def test_an_included_transaction_is_told_by_its_place(target: Target, node: Connection) -> None:
    skip_unsupported(target, "database.get_transaction")
    recorded = _recorded("recent-transaction.jsonl", ".get_transaction").reply["result"]
    change = update(target, node.head(), "http://place")
    told = node.call("network_broadcast", "broadcast_transaction_synchronous", change)
    found = node.call("database", "get_transaction", told["block_num"], told["trx_num"])
    assert differences(recorded, found) == []
    assert found == told["trx"] | NO_RESULTS
