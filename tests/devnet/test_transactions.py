"""Transactions are read, serialised and refused as a real node does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.operation_names import OPERATION_NAMES
from devnet.operations import Transaction, read_transaction
from devnet.refusals import RefusedError

from .recorded import FIXTURES, Json

VECTORS = json.loads((FIXTURES / "header-vectors.json").read_text())
KEY = "BTS5zBtsGpAzNjMnsCuZEX7c5N996pbiZ7VNds9SZrJse71qaBwAj"


def read(value: Any) -> Transaction:
    return read_transaction(value, "BTS", VECTORS["chain_id"])


def update(**members: Any) -> Json:
    body = {
        "fee": {"amount": 2000000, "asset_id": "1.3.0"},
        "witness": "1.6.1",
        "witness_account": "1.2.6",
        **members,
    }
    return {
        "ref_block_num": 1,
        "ref_block_prefix": 2,
        "expiration": "2026-11-21T08:24:23",
        "operations": [[21, body]],
        "extensions": [],
        "signatures": [],
    }


@pytest.mark.parametrize("vector", VECTORS["transactions"], ids=lambda each: each["block_num"])
def test_a_recorded_transaction_has_the_recorded_bytes_id_and_signer(vector: Json) -> None:
    transaction = read(vector["transaction"])
    assert transaction.packed.hex() == vector["hex_without_signatures"]
    assert transaction.packed_signed.hex() == vector["hex_with_signatures"]
    assert transaction.id == vector["transaction_id"]
    assert list(transaction.signers) == vector["recovered_public_keys"]
    recorded = {
        name: value for name, value in vector["transaction"].items() if name != "operation_results"
    }
    assert transaction.json == recorded


def test_unknown_members_are_dropped_and_missing_ones_take_their_default() -> None:
    whole = read(update(new_url="http://x") | {"foo": 1})
    assert "foo" not in whole.json
    bare = read({"operations": [[21, {"witness": "1.6.1", "witness_account": "1.2.6"}]]})
    assert bare.json["expiration"] == "1970-01-01T00:00:00"
    assert bare.json["signatures"] == []
    assert bare.operations[0][1]["fee"] == {"amount": 0, "asset_id": "1.3.0"}


def test_an_amount_may_come_as_text_and_goes_as_text_when_it_is_large() -> None:
    fee = {"amount": "5000000000", "asset_id": "1.3.0"}
    assert read(update(fee=fee)).operations[0][1]["fee"]["amount"] == "5000000000"
    fee = {"amount": "2000000", "asset_id": "1.3.0"}
    assert read(update(fee=fee)).operations[0][1]["fee"]["amount"] == 2000000


def test_an_operation_that_is_not_simulated_is_refused_by_its_name() -> None:
    for number, name in enumerate(OPERATION_NAMES):
        if number not in {0, 21}:
            with pytest.raises(RefusedError, match=name):
                read({"operations": [[number, {}]]})


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        ("", 10, "base58str.size() > prefix_len: "),
        ("BTS123", 8, "read datastream of length 2 over by -1"),
        ("BTS0" + KEY[4:], 4, "Unable to decode base58 string"),
        (KEY[:-1] + "A", 10, "== bin_key.check: "),
        ("TEST" + KEY[3:], 10, "base58str.substr( 0, prefix_len ) == prefix: "),
    ],
)
def test_a_bad_key_is_refused_with_the_code_of_its_mistake(
    key: str, code: int, message: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read(update(new_signing_key=key))
    assert refused.value.code == code
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"fee": {"amount": -1, "asset_id": "1.3.0"}}, "fee.amount >= 0: "),
        ({"new_url": "x" * 127}, "new_url->size() < GRAPHENE_MAX_URL_LENGTH: "),
    ],
)
def test_an_impossible_update_is_refused_before_the_state_is_asked(
    members: Json, message: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read(update(**members)).validate()
    assert refused.value.code == 10
    assert refused.value.message.endswith(message)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
large = st.integers(0, 2**70) | st.integers(0, 2**70).map(str)
json_values = st.recursive(
    scalars | large | large.map(lambda n: f"1.6.{n}") | large.map(lambda n: {"amount": n}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MEMBERS = ("ref_block_num", "ref_block_prefix", "expiration", "operations", "signatures")
BODY = ("fee", "witness", "witness_account", "new_url", "new_signing_key")


@given(st.dictionaries(st.sampled_from(MEMBERS), json_values))
def test_no_members_can_do_more_than_be_refused(members: Json) -> None:
    _read_or_refuse(members)


@given(st.sampled_from([0, 21]), st.dictionaries(st.sampled_from(BODY), json_values))
def test_no_operation_can_do_more_than_be_refused(kind: int, body: Json) -> None:
    _read_or_refuse({"operations": [[kind, body]]})


def _read_or_refuse(value: Json) -> None:
    try:
        transaction = read(value)
        transaction.validate()
    except RefusedError as refused:
        assert refused.message.startswith("Execution error: ")
    else:
        assert read(transaction.json).packed == transaction.packed
