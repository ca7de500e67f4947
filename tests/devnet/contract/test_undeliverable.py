"""What is no UTF-8 gets into blocks, and never out of a websocket. By HTTP it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from chains.bitshares.aside import Place
from chains.bitshares.blocks import parse_block
from chains.bitshares.connection import Budget
from chains.bitshares.transactions import merkle_root, pack_transaction, signing_digest
from chains.bitshares.wire import parse_json
from tests.support.witness_node.client import ask, connected
from tests.support.witness_node.signing import (
    PREFIX,
    secret_of,
    sign,
    transaction,
    witness_update,
)

from .conftest import TARGETS, network_of
from .target import Target

RAW = "http://\udcff\udc80\udcfe"
"""The bytes ff 80 fe, which are no UTF-8, as `wire.text_of` reads them."""


@dataclass(frozen=True)
class Poisoned:
    """A network of its own, since nobody may read that block or that witness over a websocket."""

    target: Target
    block: int


@pytest.fixture(scope="module", params=TARGETS)
def poisoned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Poisoned]:
    with network_of(request.param, tmp_path_factory) as network:
        yield Poisoned(network, _poison(network))


def _poison(target: Target) -> int:
    """Have a block hold a witness' URL that is no UTF-8, and return its number."""
    with connected(target.url) as node:
        head = node.fresh_head()
        update = transaction(head, witness_update(3, url=RAW))
        digest = signing_digest(pack_transaction(update, PREFIX), target.chain_id)
        update["signatures"] = [sign(digest, secret_of("init2-active")).hex()]
        params = ["network_broadcast", "broadcast_transaction", [update]]
        body = json.dumps({"id": 1, "method": "call", "params": params}, ensure_ascii=False)
        reply = ask(
            target.url,
            "POST",
            "/rpc",
            {"Content-Type": "application/json"},
            body.encode("utf-8", "surrogateescape"),
        )
        assert json.loads(reply.body)["result"] is None
        node.await_block(head.number + 3)
        return head.number + 1


def question(method: str, *arguments: Any) -> dict[str, Any]:
    return {"id": 7, "method": "call", "params": ["database", method, list(arguments)]}


def test_the_block_is_never_sent_over_a_websocket_and_all_else_is(poisoned: Poisoned) -> None:
    with connected(poisoned.target.url) as node:
        node.send(question("get_block", poisoned.block))
        node.send(question("get_objects", ["1.6.3"]))
        assert node.call("database", "get_chain_id") == poisoned.target.chain_id
        assert node.call("database", "get_block_header", poisoned.block)["witness"]
        with pytest.raises(TimeoutError):
            node.reply(1.0)


async def test_the_block_comes_by_http_as_it_was_signed(poisoned: Poisoned) -> None:
    asked = json.dumps(question("get_block", poisoned.block))
    parts = urlsplit(poisoned.target.url)
    place = Place(poisoned.target.url, parts.hostname or "", parts.port or 0)
    found = parse_json(await place.ask(asked, Budget()))
    block = parse_block(found["result"])
    assert (found["id"], block.number) == (7, poisoned.block)
    [update] = block.transactions
    assert update["operations"][0][1]["new_url"] == RAW
    assert merkle_root(block.transactions, PREFIX) == block.merkle_root
    with connected(poisoned.target.url) as node:
        following = node.call("database", "get_block_header", poisoned.block + 1)
    assert following["previous"] == block.id
