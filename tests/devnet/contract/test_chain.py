"""The blocks of a live chain, and what a witness without a producing host does to it."""

from __future__ import annotations

from typing import Any

from chains.bitshares.blocks import parse_block
from chains.bitshares.keys import encode_key, null_key, recover_key
from chains.bitshares.schedule import SLOT_BITS, scheduled
from chains.bitshares.transactions import merkle_root, parse_time
from chains.bitshares.values import WITNESS, instance
from tests.support.witness_node.client import Connection
from tests.support.witness_node.signing import (
    PREFIX,
    public_key,
    signed,
    transaction,
    witness_update,
)

from .recordings import exchanges
from .shape import differences, form, reply_differences
from .target import Target

MISSED = 4
"""What each empty slot adds to recently_missed_count."""

RANGE = "block.get_blocks"
SLOTS = 7
"""The slots of one round."""


def test_blocks_are_linked_and_signed_with_the_key_in_force(
    target: Target, node: Connection
) -> None:
    node.call("database", "set_block_applied_callback", 1)
    identity = node.notice()["params"][1][0]
    keys = {f"1.6.{i}": node.witness(i)["signing_key"] for i in range(1, 8)}
    for _ in range(2):
        previous, identity = identity, node.notice()["params"][1][0]
        raw = node.call("database", "get_block", int(identity[:8], 16))
        block = parse_block(raw)
        assert (block.previous, block.id) == (previous, identity)
        assert block.merkle_root == merkle_root(raw["transactions"], PREFIX)
        assert encode_key(recover_key(block.digest, block.signature), PREFIX) == keys[block.witness]


def test_a_range_of_blocks_is_told_with_nulls_beyond_the_head(node: Connection) -> None:
    recorded = next(e for e in exchanges("witness-objects.jsonl") if e.method == RANGE)
    first, *_ = model = recorded.reply["result"]
    head = node.fresh_head().number
    blocks = node.call(*RANGE.split("."), head - 2, head + 2)
    assert [form(block) for block in blocks] == [form(block) for block in model]
    for block in blocks[:3]:
        assert differences(first, block | {"transactions": []}) == []


def test_a_range_of_blocks_that_ends_before_it_begins_is_refused(node: Connection) -> None:
    recorded = next(e for e in exchanges("client-calls.jsonl") if e.method == RANGE)
    assert reply_differences(recorded.reply, node.exchange(recorded.request)) == []


def test_the_schedule_names_who_signs_the_next_block(target: Target, node: Connection) -> None:
    while node.fresh_head().number % SLOTS == SLOTS - 1:
        node.await_block(node.head().number + 1)
    properties, schedule = node.call("database", "get_objects", ["2.1.0", "2.12.0"])
    node.await_block(properties["head_block_number"] + 1)
    block = node.call("database", "get_block", properties["head_block_number"] + 1)
    slot = parse_time(block["timestamp"]) - parse_time(properties["time"])
    order = schedule["current_shuffled_witnesses"]
    assert block["witness"] == scheduled(order, properties["current_aslot"], slot)


def _update(node: Connection, target: Target, witness: int, key: str) -> None:
    unsigned = transaction(node.head(), witness_update(witness, key=key))
    change = signed(unsigned, target.chain_id, f"init{witness - 1}-active")
    node.call("network_broadcast", "broadcast_transaction_synchronous", change)


def _state(node: Connection, witness: int) -> list[Any]:
    found: list[Any] = node.call("database", "get_objects", ["2.1.0", "2.12.0", f"1.6.{witness}"])
    return found


def _third_from_now(node: Connection) -> int:
    """Return the witness (not the first or the last) whose slot is soon, but not too soon."""
    node.fresh_head()
    properties, schedule, _ = _state(node, 1)
    order = schedule["current_shuffled_witnesses"]
    owners = (scheduled(order, properties["current_aslot"], slot) for slot in range(3, 3 + SLOTS))
    numbers = (instance(owner, WITNESS) for owner in owners)
    return next(number for number in numbers if 1 < number < SLOTS)


def test_a_null_key_stops_a_witness_whose_slots_are_charged_with_the_next_block(
    target: Target, node: Connection
) -> None:
    number = _third_from_now(node)
    _update(node, target, number, null_key(PREFIX))
    before, _, stopped = _state(node, number)
    while True:
        node.await_block(before["head_block_number"] + 1)
        after, schedule, witness = _state(node, number)
        if witness["total_missed"] > stopped["total_missed"]:
            break
        before = after
    empty = after["current_aslot"] - before["current_aslot"] - 1
    assert witness["total_missed"] - stopped["total_missed"] == empty == 1
    assert parse_time(after["time"]) - parse_time(before["time"]) == 1 + empty
    assert after["recently_missed_count"] == before["recently_missed_count"] + MISSED * empty
    filled = (int(before["recent_slots_filled"]) << 1 | 1) << empty
    assert int(after["recent_slots_filled"]) == filled % 2**SLOT_BITS
    assert witness["id"] in schedule["current_shuffled_witnesses"]
    _update(node, target, number, public_key(f"init{number - 1}-signing"))


def test_a_new_key_signs_the_witness_next_block(target: Target, node: Connection) -> None:
    key = public_key(target.signing_names[1])
    _update(node, target, 1, key)
    number = node.head().number
    while True:
        number += 1
        node.await_block(number)
        block = parse_block(node.call("database", "get_block", number))
        if block.witness == "1.6.1":
            break
    assert encode_key(recover_key(block.digest, block.signature), PREFIX) == key
