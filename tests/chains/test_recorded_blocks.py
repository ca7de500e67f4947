"""The primitives and the follower, held against blocks that real nodes made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.follower import Follower
from chains.bitshares.keys import decode_key, encode_key
from chains.bitshares.objects import Reading
from chains.bitshares.schedule import shuffle
from chains.bitshares.transactions import (
    merkle_root,
    pack_transaction,
    parse_time,
    signing_digest,
    transaction_id,
)
from tests.support.recorded_chains import Recording

FIXTURES = Path(__file__).parent.parent / "fixtures" / "bitshares"
RECORDED: dict[str, Any] = json.loads((FIXTURES / "blocks.json").read_text())
VECTORS: dict[str, Any] = json.loads((FIXTURES / "header-vectors.json").read_text())
BLOCKS = [parse_block(entry["block"]) for entry in RECORDED["blocks"]]
ACTIVE = tuple(RECORDED["active_witnesses"])
INIT0 = "1.6.1"
KEY_CHANGES = {
    1218: "BTS1111111111111111111111111111111114T1Anm",
    1268: "BTS5zBtsGpAzNjMnsCuZEX7c5N996pbiZ7VNds9SZrJse71qaBwAj",
    1320: "BTS79FLgzT2egiBMB97qXma4zChvKhjNxsrEViQYnAnoLcMcPeGuP",
}


def reading_at(index: int) -> Reading:
    """Return what a node showed when the block of that index was its head."""
    entry, block = RECORDED["blocks"][index], BLOCKS[index]
    round_ = [r for r in RECORDED["rounds"] if r["head_block_number"] <= block.number][-1]
    return Reading(
        head_number=block.number,
        head_id=block.id,
        head_time=block.time,
        aslot=entry["current_aslot"],
        after_maintenance=False,
        next_maintenance=(block.time // 120 + 1) * 120,
        recently_missed=0,
        irreversible=0,
        shuffled=tuple(round_["current_shuffled_witnesses"]),
        active=ACTIVE,
        interval=1,
        maintenance_interval=120,
        skip_slots=0,
        witnesses={},
        balances={},
        feeds={},
    )


def started_at(first: Block, count: int) -> tuple[Follower, int]:
    """Return a follower that began with `count` blocks, and the index of the next one."""
    index = BLOCKS.index(first)
    follower = Follower("BTS", window=600)
    follower.begin(BLOCKS[index : index + count], reading_at(index + count - 1))
    return follower, index + count


ROUND_START = next(block for block in BLOCKS if block.number % 7 == 0)


def test_every_recorded_block_gets_the_id_that_the_node_gave_it() -> None:
    assert [b.id for b in BLOCKS] == [entry["block_id"] for entry in RECORDED["blocks"]]


def test_every_recorded_block_was_signed_by_the_key_in_force() -> None:
    signers = [encode_key(block.signer(), "BTS") for block in BLOCKS]
    assert signers == [entry["signing_key_in_force"] for entry in RECORDED["blocks"]]


def test_every_recorded_block_has_the_merkle_root_of_its_transactions() -> None:
    assert [merkle_root(b.transactions, "BTS") for b in BLOCKS] == [b.merkle_root for b in BLOCKS]


@pytest.mark.parametrize("tree", VECTORS["merkle"], ids=lambda tree: f"{tree['count']}-leaves")
def test_a_merkle_tree_of_any_size_has_the_recorded_root(tree: dict[str, Any]) -> None:
    assert merkle_root(tree["transactions"], "BTS") == tree["transaction_merkle_root"]


@pytest.mark.parametrize("vector", VECTORS["transactions"], ids=lambda v: str(v["block_num"]))
def test_a_recorded_transaction_packs_to_its_bytes_id_and_digest(vector: dict[str, Any]) -> None:
    packed = pack_transaction(vector["transaction"], "BTS")
    assert packed.hex() == vector["hex_without_signatures"]
    assert transaction_id(packed) == vector["transaction_id"]
    assert signing_digest(packed, vector["chain_id"]).hex() == vector["signing_digest"]


@pytest.mark.parametrize("vector", VECTORS["headers"][::10], ids=lambda v: str(v["block_num"]))
def test_a_recorded_signature_gives_its_public_key(vector: dict[str, Any]) -> None:
    text = vector["recovered_public_key"]
    assert decode_key(text, "BTS").hex() == vector["recovered_public_key_hex"]


def test_every_recorded_round_has_the_order_that_the_shuffle_gives() -> None:
    rounds = [r for r in RECORDED["rounds"] if r["head_block_number"] % 7 == 0]
    assert len(rounds) > 40
    for recorded in rounds:
        order = shuffle(ACTIVE, parse_time(recorded["head_block_time"]))
        assert list(order) == recorded["current_shuffled_witnesses"]


def test_slots_and_misses_are_those_that_the_node_counted() -> None:
    follower, index = started_at(ROUND_START, 1)
    for block, entry in zip(BLOCKS[index:], RECORDED["blocks"][index:], strict=True):
        applied = follower.apply(block, vouched=True)  # most keys were not met yet
        assert len(applied.missed) == entry["missed_slots_before"], block.number
        assert applied.aslot == entry["current_aslot"], block.number


def test_the_schedule_needs_no_node_between_maintenances() -> None:
    follower, index = started_at(ROUND_START, 8)
    for position, block in enumerate(BLOCKS[index:], index):
        applied = follower.apply(block)
        assert applied.shuffled == reading_at(position).shuffled, block.number


def test_a_key_is_in_force_from_the_block_after_its_update() -> None:
    follower, index = started_at(ROUND_START, 8)
    for block in BLOCKS[index:]:
        follower.apply(block)
        term = follower.term(INIT0)
        if block.number in KEY_CHANGES:
            assert term is not None
            assert term.key == KEY_CHANGES[block.number]
            assert term.since_block == block.number


def test_an_update_is_found_by_the_id_of_its_transaction() -> None:
    follower, index = started_at(ROUND_START, 8)
    for block in BLOCKS[index:]:
        follower.apply(block)
    found = {update.transaction_id: entry.number for entry, update in follower.updates()}
    for vector in VECTORS["transactions"]:
        assert found[vector["transaction_id"]] == vector["block_num"]


def test_misses_under_the_null_key_are_those_that_the_node_counted() -> None:
    recording = Recording("null-key.jsonl", interval=1, maintenance=120)
    told = {
        objects["2.1.0"]["head_block_number"]: objects["1.6.1"]["total_missed"]
        for objects in recording.objects("main")
        if "1.6.1" in objects
    }
    follower, index = started_at(ROUND_START, 8)
    counted, missed = {}, 0
    for block in BLOCKS[index:]:
        missed += [slot.witness for slot in follower.apply(block).missed].count(INIT0)
        counted[block.number] = missed
    first = min(told)
    assert len(told) > 40
    assert {n: counted[n] - counted[first] for n in told} == {
        n: told[n] - told[first] for n in told
    }


def test_misses_under_the_null_key_are_not_those_of_the_key_after_it() -> None:
    follower, index = started_at(ROUND_START, 8)
    counts = {}
    for block in BLOCKS[index:]:
        follower.apply(block)
        counts[block.number] = len(follower.recent_misses(INIT0))
    assert counts[1267] > 3
    assert counts[1268] == 0
