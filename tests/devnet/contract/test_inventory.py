"""The list of what the devnet doesn't support is exact."""

from __future__ import annotations

import pytest

from tests.support.witness_node.client import connected

from .inventory import (
    OTHER_CONTENT,
    SCENARIOS,
    recorded_methods,
    replayable,
    unsupported,
)
from .recordings import ACCESS_DENIED, METHOD_NOT_FOUND, exchanges
from .target import Target

CLIENT_CALLS = {
    "database.get_block",
    "database.get_chain_id",
    "database.get_dynamic_global_properties",
    "database.get_objects",
    "database.get_required_fees",
    "database.get_witness_by_account",
    "database.get_full_accounts",
    "database.lookup_account_names",
    "database.lookup_asset_symbols",
    "database.set_block_applied_callback",
    "network_broadcast.broadcast_transaction",
}
"""What this project's own client calls."""


def _answerable() -> set[str]:
    replayed = {str(exchange.method) for exchange in replayable()}
    return (replayed | set(SCENARIOS) | set(OTHER_CONTENT)) & recorded_methods()


def test_every_recorded_method_is_exercised_or_listed() -> None:
    assert recorded_methods() - _answerable() - set(unsupported()) == set()


def test_only_recorded_methods_are_listed_each_with_a_reason() -> None:
    assert set(unsupported()) - recorded_methods() == set()
    assert [method for method, reason in unsupported().items() if len(reason) < 10] == []


def test_nothing_that_the_client_or_the_library_calls_is_listed() -> None:
    library = {
        str(e.method) for e in exchanges("python-bitshares.jsonl") if e.method and not e.unknown
    }
    assert recorded_methods() >= CLIENT_CALLS
    assert (library | CLIENT_CALLS) & set(unsupported()) == set()


@pytest.mark.parametrize("method", sorted(unsupported()))
def test_a_listed_method_is_really_not_there(target: Target, method: str) -> None:
    if not target.simulated:
        pytest.skip("the list is about the devnet")
    api, name = method.split(".")
    with connected(target.url) as node:
        reply = node.exchange({"id": 1, "method": "call", "params": [api, name, []]})
    error = reply.get("error", {})
    denied = ACCESS_DENIED in error.get("message", "")
    assert denied or error.get("code") == METHOD_NOT_FOUND, reply
