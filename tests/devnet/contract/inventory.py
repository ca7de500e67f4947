"""Which recorded methods there are, and how the contract test deals with each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from .recordings import Exchange, everything
from .target import Target

UNSUPPORTED_FILE = Path(__file__).with_name("unsupported.yaml")

SCENARIOS = {
    "block.get_blocks": "test_chain.py",
    "database.cancel_all_subscriptions": "test_notices.py",
    "database.set_block_applied_callback": "test_notices.py",
    "database.set_pending_transaction_callback": "test_notices.py",
    "database.set_subscribe_callback": "test_notices.py",
    "network_broadcast.broadcast_transaction": "test_broadcast.py",
    "network_broadcast.broadcast_transaction_synchronous": "test_broadcast.py",
    "network_broadcast.broadcast_transaction_with_callback": "test_broadcast.py",
}
"""Methods whose replies depend on what went before: told as a story in that file."""

REPLAYED = (
    "client-calls.jsonl",
    "connect.jsonl",
    "errors.jsonl",
    "fork/split-4-3.jsonl",
    "lag-api-node-cut.jsonl",
    "python-bitshares.jsonl",
    "witness-objects.jsonl",
)
"""Recordings whose other exchanges are each repeated by themselves."""

OTHER_CONTENT = {
    "history.get_account_history": "it tells which operations the recorded account had",
    "network_node.get_connected_peers": "the recorded node was cut from the network",
}
"""Methods whose recorded result is bound to what the recorded chain had been through."""


@cache
def unsupported() -> dict[str, str]:
    """Return the methods that the devnet doesn't have, each with the reason."""
    content: dict[str, str] = yaml.safe_load(UNSUPPORTED_FILE.read_text())
    return content


def skip_unsupported(target: Target, method: str) -> None:
    """Skip the running test if it needs a method that the simulated network doesn't have."""
    if target.simulated and method in unsupported():
        pytest.skip(f"not simulated: {method}: {unsupported()[method]}")


@cache
def recorded_methods() -> frozenset[str]:
    """Return every recorded method that the real node knew and opened to somebody."""
    return frozenset(
        exchange.method
        for exchange in everything()
        if exchange.method is not None
        and exchange.reply is not None
        and not (exchange.unknown or exchange.denied)
    )


@cache
def replayable() -> tuple[Exchange, ...]:
    """Return the exchanges that mean the same whatever was sent before them."""
    return tuple(
        exchange
        for exchange in everything()
        if exchange.file in REPLAYED
        and exchange.method is not None
        and exchange.reply is not None
        and exchange.method not in SCENARIOS
        and exchange.method not in OTHER_CONTENT
        and not _bound_to_its_story(exchange)
    )


def _bound_to_its_story(exchange: Exchange) -> bool:
    numbered_later = exchange.request["params"][:1] == [2]
    transaction_of_its_own = exchange.note.startswith(("duplicate", "transaction "))
    after_logout = exchange.file == "connect.jsonl" and exchange.denied and exchange.line > 60
    return numbered_later or transaction_of_its_own or after_logout
