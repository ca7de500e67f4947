"""The harness held against the recordings themselves: it reads them rightly, and they agree."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import pytest

from chains.bitshares.keys import encode_key, is_canonical, recover_key
from chains.bitshares.transactions import pack_transaction, parse_time, signing_digest
from tests.support.witness_node.signing import (
    NAMES,
    PREFIX,
    Head,
    high_s,
    public_key,
    secret_of,
    sign,
)

from .inventory import recorded_methods
from .recordings import FOLDER, Exchange, everything, exchanges
from .retarget import RECORDED_CHAIN, Live, is_transaction, retargeted, signers
from .shape import reply_differences

HEAD = Head(70_000, "00011170" + "ab" * 16, parse_time("2030-01-01T00:00:00"))
CHAIN = "11" * 32
GENESIS_KEY = "BTS79FLgzT2egiBMB97qXma4zChvKhjNxsrEViQYnAnoLcMcPeGuP"


def test_every_recorded_reply_has_the_form_of_itself() -> None:
    answered = [exchange for exchange in everything() if exchange.reply is not None]
    assert len(answered) > 300
    for exchange in answered:
        assert reply_differences(exchange.reply, exchange.reply) == [], exchange.name


def test_every_recording_is_read_by_a_test() -> None:
    tests = FOLDER.parents[2]
    sources = "\n".join(path.read_text() for path in tests.rglob("*.py"))
    recorded = [path for path in FOLDER.parent.rglob("*.json*") if path.is_file()]
    assert len(recorded) > 15
    assert [path.name for path in recorded if f'{path.name}"' not in sources] == []


def test_the_same_request_has_the_same_form_in_every_recording() -> None:
    alike: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in everything():
        if exchange.reply is not None and exchange.method in {
            "database.get_dynamic_global_properties",
            "database.get_chain_properties",
            "database.lookup_account_names",
            "database.get_witness_by_account",
        }:
            alike[f"{exchange.method} {exchange.params}"].append(exchange)
    assert max(len(found) for found in alike.values()) > 3
    for first, *others in alike.values():
        for exchange in others:
            old, new = ({**e.reply, "jsonrpc": "2.0"} for e in (first, exchange))
            assert reply_differences(old, new) == [], exchange.name


def test_the_inventory_holds_what_the_node_knew_and_nothing_else() -> None:
    assert {"database.get_objects", "login.login", "block.get_blocks"} <= recorded_methods()
    unknown = {"database.nope", "nonsense.x", "database.foo", "crypto.blind_sum", "database.close"}
    assert unknown & recorded_methods() == set()


def test_a_request_without_an_id_was_never_answered() -> None:
    silent = [e for e in exchanges("errors.jsonl") if e.note.startswith("no id and an error")]
    assert [exchange.reply for exchange in silent] == [None]


def test_who_signed_a_recorded_transaction_is_recovered() -> None:
    by_note = {
        exchange.note: signers(exchange.params[0])
        for exchange in exchanges("errors.jsonl")
        if (exchange.method or "").endswith("broadcast_transaction")
        and is_transaction(exchange.params[0])
    }
    assert by_note["missing active authority: signed by init1 active key"] == ("init1-active",)
    assert by_note["no signature at all"] == ()
    assert by_note["fee zero"] == ("init0-active",)
    assert by_note["signature all zero"] == (None,)
    assert by_note["two signatures where one is irrelevant (init0 + init1 active)"] == (
        "init0-active",
        "init1-active",
    )


def test_a_twin_is_signed_for_the_live_chain_by_the_same_keys() -> None:
    exchange = next(e for e in exchanges("errors.jsonl") if e.note.startswith("two signatures"))
    twin = retargeted(exchange.params[0], HEAD, CHAIN, seconds=5)
    assert (twin["ref_block_num"], twin["ref_block_prefix"]) == (70_000 - 65_536, 0xABABABAB)
    assert twin["expiration"] == "2030-01-01T00:00:05"
    assert signers(twin, CHAIN) == signers(exchange.params[0], RECORDED_CHAIN)


def test_block_numbers_keep_their_distance_to_the_head() -> None:
    live = Live(HEAD, 69_990, CHAIN)
    asked = [
        live.params(exchange)
        for exchange in exchanges("witness-objects.jsonl")
        if exchange.method == "database.get_block"
    ]
    assert asked == [[69_990], [70_100], [0]]


def test_signatures_are_canonical_and_by_the_named_key() -> None:
    for name in NAMES:
        digest = hashlib.sha256(name.encode() + b"digest").digest()
        first, second = (sign(digest, secret_of(name), variant) for variant in range(2))
        assert first != second
        for signature in (first, second):
            assert encode_key(recover_key(digest, signature), PREFIX) == public_key(name)
        assert not is_canonical(bytes.fromhex(high_s(first.hex())))


def test_test_keys_are_those_of_the_recorded_genesis() -> None:
    assert public_key("init0-signing") == GENESIS_KEY


@pytest.mark.parametrize("exchange", exchanges("update-witness-callback.jsonl"))
def test_a_recorded_transaction_packs_to_what_was_signed(exchange: Exchange) -> None:
    recorded = exchange.params[1]
    digest = signing_digest(pack_transaction(recorded, PREFIX), RECORDED_CHAIN)
    signature = bytes.fromhex(recorded["signatures"][0])
    assert encode_key(recover_key(digest, signature), PREFIX) == public_key("init0-active")
