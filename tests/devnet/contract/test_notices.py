"""What a node tells without being asked again."""

from __future__ import annotations

from tests.support.witness_node.client import Connection
from tests.support.witness_node.signing import Json, signed, transaction, witness_update

from .inventory import skip_unsupported
from .recordings import exchanges, notices
from .shape import differences, reply_differences
from .target import Target

FILE = "subscriptions.jsonl"
BLOCK, OBJECTS, PENDING = 7, 5, 9
"""The callback ids of the recording."""


def _subscribe(node: Connection, method: str, *params: object) -> None:
    recorded = next(e for e in exchanges(FILE) if e.method == method and e.error is None)
    frame = {"id": 1, "method": "call", "params": [*method.split("."), list(params)]}
    assert reply_differences(recorded.reply, node.exchange(frame)) == []


def test_one_notice_comes_for_each_block_and_names_it(node: Connection) -> None:
    _subscribe(node, "database.set_block_applied_callback", BLOCK)
    heads = []
    for _ in range(2):
        notice = node.notice()
        assert differences(notices(FILE, BLOCK)[0], notice) == []
        assert notice["params"][0] == BLOCK
        heads.append(notice["params"][1][0])
    first, second = (int(head[:8], 16) for head in heads)
    assert second == first + 1
    assert node.call("database", "get_block", second)["previous"] == heads[0]


def test_a_changed_callback_id_is_the_one_that_is_told(node: Connection) -> None:
    node.call("database", "set_block_applied_callback", 42)
    node.call("database", "set_block_applied_callback", 43)
    assert node.notice()["params"][0] == 43


def test_a_transaction_is_told_to_the_pending_callback_before_its_sender_is_answered(
    target: Target, node: Connection
) -> None:
    skip_unsupported(target, "database.set_pending_transaction_callback")
    _subscribe(node, "database.set_pending_transaction_callback", PENDING)
    change = _update(target, node, "http://told")
    params = ["network_broadcast", "broadcast_transaction", [change]]
    node.send({"id": 5, "method": "call", "params": params})
    assert node.reply() == {"id": 5, "result": None}
    told = {str(notice["params"][1][0]["signatures"]): notice for notice in node.notices}
    assert differences(notices(FILE, PENDING)[0], told[str(change["signatures"])]) == []


def test_objects_that_were_read_are_told_with_each_block_that_changes_them(
    target: Target, node: Connection
) -> None:
    skip_unsupported(target, "database.set_subscribe_callback")
    head = node.fresh_head().number
    _subscribe(node, "database.set_subscribe_callback", OBJECTS, False)
    node.call("database", "get_objects", ["1.6.1", "2.1.0"])
    recorded = next(objects for n in notices(FILE, OBJECTS) if len(objects := _objects(n)) == 2)
    for _ in range(2):
        told = _objects(node.notice_where(lambda notice: notice["params"][0] == OBJECTS))
        head += 1
        assert told["2.1.0"]["head_block_number"] == head
        for identity, found in told.items():
            assert differences(recorded[identity], found) == []


def _objects(notice: Json) -> Json:
    """Return the objects of a notice by id; a node puts them in any order."""
    ((objects,),) = notice["params"][1:]
    return {found["id"]: found for found in objects}


def test_a_pending_change_is_told_to_subscribers_only_with_its_block(
    target: Target, node: Connection, other: Connection
) -> None:
    skip_unsupported(target, "database.set_subscribe_callback")
    node.call("database", "set_subscribe_callback", OBJECTS, False)
    node.call("database", "get_objects", ["1.6.1"])
    node.call("database", "set_block_applied_callback", BLOCK)
    while node.notice()["params"][0] != BLOCK:
        pass
    head = node.head().number
    change = _update(target, node, "http://with-its-block")
    node.call("network_broadcast", "broadcast_transaction", change)
    while (notice := node.notice())["params"][0] != OBJECTS or not _shows(
        notice, "http://with-its-block"
    ):
        assert node.head().number <= head + 2, "the block came without a notice of the object"
    included = node.call("database", "get_block", head + 1)["transactions"]
    assert change["signatures"] in [found["signatures"] for found in included]


def test_nothing_is_told_after_cancelling_all_subscriptions(
    target: Target, node: Connection
) -> None:
    skip_unsupported(target, "database.cancel_all_subscriptions")
    node.fresh_head()
    node.call("database", "set_subscribe_callback", OBJECTS, False)
    node.call("database", "get_objects", ["2.1.0"])
    _subscribe(node, "database.cancel_all_subscriptions")
    node.call("database", "set_block_applied_callback", BLOCK)
    told = [node.notice()["params"][0] for _ in range(2)]
    assert told == [BLOCK, BLOCK]


def test_subscribing_to_everything_is_disallowed(target: Target, node: Connection) -> None:
    skip_unsupported(target, "database.set_subscribe_callback")
    recorded = next(
        e for e in exchanges(FILE) if e.method == "database.set_subscribe_callback" and e.error
    )
    assert reply_differences(recorded.reply, node.exchange(recorded.request)) == []


def _update(target: Target, node: Connection, url: str) -> Json:
    unsigned = transaction(node.head(), witness_update(url=url))
    return signed(unsigned, target.chain_id, "init0-active")


def _shows(notice: Json, url: str) -> bool:
    return any(found.get("url") == url for found in _objects(notice).values())
