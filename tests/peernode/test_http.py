"""What callers of a node are answered, whatever they send."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chains.peer.blocks import verify
from chains.peer.encoding import encode
from peernode import answers, registered
from peernode.readers import MOST_SNAPSHOTS
from tests.peernode.made import EASY, after, chain, first, held, paid, put
from tests.peernode.running import Running, running


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "peer.db") as node:
        yield node


async def test_mined_block_pays_the_node_last_and_follows_the_chain(one: Running) -> None:
    taken = await one.client.post("/transactions/new", json=paid("a", 5) | {"more": 1})
    assert (taken.status_code, taken.json()) == (
        201,
        {"message": "Transaction will be added to Block 2"},
    )
    told = (await one.client.get("/mine")).json()
    assert told["message"] == "New Block Forged"
    assert told.keys() == {"message", "index", "transactions", "proof", "previous_hash"}
    assert told["index"] == 2
    rewarded = {"sender": "0", "recipient": one.node.store.node_id, "amount": 1}
    assert told["transactions"] == [paid("a", 5), rewarded]
    whole = (await one.client.get("/chain")).json()
    assert whole["length"] == 2
    assert verify(None, whole["chain"], EASY)[1].proof == told["proof"]
    assert whole["chain"][0]["previous_hash"] == 1


async def test_chain_is_told_as_its_blocks_are_hashed(one: Running) -> None:
    await put(one.node.store, chain(40))
    answer = await one.client.get("/chain", headers={"accept-encoding": "identity"})
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"chain": [json.loads(b.body) for b in chain(40)], "length": 40}
    for block, body in zip(chain(40), answer.json()["chain"], strict=True):
        assert hashlib.sha256(encode(body)).hexdigest() == block.hash


async def test_head_of_the_chain_costs_no_chain(one: Running) -> None:
    whole = await one.client.get("/chain", headers={"accept-encoding": "identity"})
    for accepted in ("identity", "gzip"):
        head = await one.client.head("/chain", headers={"accept-encoding": accepted})
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == str(len(whole.content))
        assert head.headers["etag"] == whole.headers["etag"]
    tip = await one.node.store.tip()
    assert tip
    assert whole.headers["etag"] == f'"{tip.hash}"'


async def test_chain_that_the_caller_has_is_not_sent_again(one: Running) -> None:
    tag = (await one.client.get("/chain")).headers["etag"]
    again = await one.client.get("/chain", headers={"if-none-match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    await one.client.get("/mine")
    assert (await one.client.get("/chain", headers={"if-none-match": tag})).status_code == 200


async def test_chain_is_compressed_for_those_who_take_it(one: Running) -> None:
    await put(one.node.store, chain(40))
    async with one.client.stream("GET", "/chain", headers={"accept-encoding": "br, gzip"}) as got:
        raw = b"".join([part async for part in got.aiter_raw()])
    assert got.headers["content-encoding"] == "gzip"
    assert "content-length" not in got.headers
    plain = await one.client.get("/chain", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content


async def test_end_of_the_chain_and_what_is_at_a_height(one: Running) -> None:
    blocks = chain(5)
    await put(one.node.store, blocks)
    told = (await one.client.get("/chain/head")).json()
    assert told == {"length": 5, "hash": blocks[4].hash, "at": None}
    told = (await one.client.get("/chain/head?at=3")).json()
    assert told["at"] == {"height": 3, "hash": blocks[2].hash}
    assert (await one.client.get("/chain/head?at=6")).json()["at"] is None


async def test_hashes_at_some_heights(one: Running) -> None:
    blocks = chain(5)
    await put(one.node.store, blocks)
    told = await one.client.get("/chain/hashes?heights=1,5,6,1,1000000000000")
    assert told.json()["hashes"] == [blocks[0].hash, blocks[4].hash, None, blocks[0].hash, None]
    most = ",".join(str(height) for height in range(1, 257))
    assert len((await one.client.get(f"/chain/hashes?heights={most}")).json()["hashes"]) == 256


@pytest.mark.parametrize(
    ("asked", "heights"),
    [("2&to=4", [2, 3, 4]), ("4&to=99", [4, 5]), ("6&to=9", []), ("9&to=99", []), ("3&to=2", [])],
)
async def test_blocks_of_a_range_come_a_line_each(
    one: Running, asked: str, heights: list[int]
) -> None:
    blocks = chain(5)
    await put(one.node.store, blocks)
    told = await one.client.get(
        f"/chain/blocks?from={asked}", headers={"accept-encoding": "identity"}
    )
    assert told.headers["content-type"] == "application/x-ndjson"
    assert told.headers["content-length"] == str(len(told.content))
    assert told.content == b"".join(blocks[height - 1].body + b"\n" for height in heights)


@pytest.mark.parametrize(
    "odd",
    ["\ud800", "ß \u2028 \x00 \U0001f600", 10**4000, -0.0, 1e308, {"b": 1, "a": [None, True]}],
)
async def test_any_json_can_be_paid_and_every_node_hashes_it_alike(one: Running, odd: Any) -> None:
    body = json.dumps(paid("a", odd))
    assert (await one.client.post("/transactions/new", content=body)).status_code == 201
    told = json.loads((await one.client.get("/mine")).content)
    assert told["transactions"][0] == paid("a", odd)
    whole = json.loads((await one.client.get("/chain")).content)
    assert verify(None, whole["chain"], EASY)[-1].body == (await held(one.node.store))[-1]


async def test_deep_but_readable_transaction_is_mined_and_read_again(one: Running) -> None:
    deep = b'{"sender":' + b"[" * 380 + b"]" * 380 + b',"recipient":"b","amount":1}'
    assert (await one.client.post("/transactions/new", content=deep)).status_code == 201
    assert (await one.client.get("/mine")).status_code == 200
    assert (await one.client.get("/chain")).json()["length"] == 2


async def test_nodes_are_registered_by_host_and_port(one: Running) -> None:
    answer = await one.client.post(
        "/nodes/register",
        json={"nodes": ["http://127.0.0.1:1/chain?x", "127.0.0.1:2", "https://Example.org:3"]},
    )
    assert answer.status_code == 201
    assert answer.json() == {
        "message": "New nodes have been added",
        "total_nodes": ["127.0.0.1:1", "127.0.0.1:2", "example.org:3"],
    }
    again = await one.client.post("/nodes/register", json={"nodes": ["http://127.0.0.1:2"]})
    assert again.json()["total_nodes"] == answer.json()["total_nodes"]
    stored = await one.node.store.nodes()
    assert stored == ["http://127.0.0.1:1", "http://127.0.0.1:2", "https://example.org:3"]


async def test_nodes_beyond_the_limit_are_refused(
    one: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "MOST", 2)
    for ports, status in (([1, 2], 201), ([2, 3], 400), ([1], 201)):
        nodes = [f"127.0.0.1:{port}" for port in ports]
        answer = await one.client.post("/nodes/register", json={"nodes": nodes})
        assert answer.status_code == status
    assert (
        "2 nodes already"
        in (await one.client.post("/nodes/register", json={"nodes": ["127.0.0.1:3"]})).text
    )


@pytest.fixture
async def large(one: Running) -> Running:
    """Return a node with a chain of 8 MB, more than is kept for a caller who doesn't read it."""
    blocks = [first()]
    while len(blocks) < 41:
        blocks.append(after(blocks[-1], [paid("x" * 200_000)]))
    await put(one.node.store, blocks)
    return one


def _at_once(node: Running) -> int:
    return node.node.store._readers._snapshots


async def nobody_reads(node: Running) -> None:
    async with asyncio.timeout(20):
        while _at_once(node):
            await asyncio.sleep(0.01)


async def test_chain_that_is_replaced_while_it_is_read_is_sent_to_its_end(large: Running) -> None:
    before = await held(large.node.store)
    async with large.client.stream("GET", "/chain", headers={"accept-encoding": "gzip"}) as got:
        parts = got.aiter_bytes()
        told = await anext(parts)
        await put(large.node.store, chain(60))
        told += b"".join([part async for part in parts])
    assert told.count(b'"previous_hash"') == 41
    assert json.loads(told) == {"chain": [json.loads(body) for body in before], "length": 41}
    assert (await large.client.get("/chain")).json()["length"] == 60


async def test_caller_who_goes_away_holds_no_database(large: Running) -> None:
    async with large.client.stream("GET", "/chain") as got:
        assert await anext(got.aiter_bytes())
    await nobody_reads(large)


async def test_caller_who_reads_too_slowly_is_left(
    large: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_SECONDS", 0.2)
    monkeypatch.setattr(answers, "_BYTES_PER_SECOND", 10**9)
    with socket.create_connection(("127.0.0.1", int(large.url.rpartition(":")[2]))) as caller:
        caller.sendall(b"GET /chain HTTP/1.1\r\nHost: x\r\n\r\n")
        while not _at_once(large):
            await asyncio.sleep(0.01)
        await nobody_reads(large)


async def test_too_many_readers_at_once_are_asked_to_come_again(one: Running) -> None:
    async with asyncio.timeout(20):
        readers = [one.node.store.snapshot() for _ in range(MOST_SNAPSHOTS)]
        for each in readers:
            await each.__aenter__()
        answer = await one.client.get("/chain")
        assert (answer.status_code, "try again" in answer.text) == (503, True)
        assert (await one.client.get("/chain/head")).status_code == 200
        for each in readers:
            await each.__aexit__(None, None, None)
        assert (await one.client.get("/chain")).status_code == 200
