"""What a node refuses, with a sentence, and without any change of what it keeps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.peernode.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Run one node for all of these, none of which changes it."""
    async with running(tmp_path_factory.mktemp("refused") / "peer.db") as node:
        yield node


@pytest.mark.parametrize(
    "asked",
    [
        "/chain/head?at=0",
        "/chain/head?at=-1",
        "/chain/head?at=",
        "/chain/head?at=%D9%A3",
        "/chain/hashes",
        "/chain/hashes?heights=",
        "/chain/hashes?heights=1,,2",
        "/chain/hashes?heights=1,x",
        "/chain/hashes?heights=" + "9" * 500,
        "/chain/hashes?heights=" + ",".join(["1"] * 257),
        "/chain/blocks",
        "/chain/blocks?from=1",
        "/chain/blocks?from=0&to=5",
        "/chain/blocks?from=1&to=1e9",
    ],
)
async def test_senseless_question_gets_a_sentence(one: Running, asked: str) -> None:
    answer = await one.client.get(asked)
    assert answer.status_code == 400
    assert answer.text.endswith(".\n")
    assert len(answer.text.splitlines()) == 1


DEEP = b'{"sender":' + b"[" * 760 + b"]" * 760 + b',"recipient":"b","amount":1}'
DEEPEST = b"[" * 90_000


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b'{"sender": "a", "recipient": "b"}', 400, "Missing values: amount"),
        (b"{}", 400, "Missing values: sender, recipient, amount"),
        (b"", 400, "no JSON"),
        (b'{"sender', 400, "no JSON"),
        (b"\xff\xfe\xfd", 400, "no JSON"),
        (b"[1]", 400, "no JSON object"),
        (b"5", 400, "no JSON object"),
        (b'{"sender": NaN, "recipient": 1, "amount": 1}', 400, "NaN is no number"),
        (b'{"sender": -Infinity, "recipient": 1, "amount": 1}', 400, "no number"),
        (b'{"sender": 1e999, "recipient": 1, "amount": 1}', 400, "1e999 is too large"),
        (b'{"sender": %s, "recipient": 1, "amount": 1}' % (b"9" * 5000), 400, "no JSON"),
        (DEEP, 400, "nested"),
        (DEEPEST, 400, "nested too deeply"),
        (b'{"sender": "%s", "recipient": 1, "amount": 1}' % (b"x" * 100_000), 413, "over 100000"),
        ('{"sender": "%s", "recipient": 1, "amount": 1}' % ("ß" * 30_000), 413, "takes over"),
    ],
)
async def test_transaction_that_can_t_be_in_a_block_is_refused(
    one: Running, body: bytes | str, status: int, sentence: str
) -> None:
    answer = await one.client.post("/transactions/new", content=body)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
    assert len((await one.client.get("/mine")).json()["transactions"]) == 1


@pytest.mark.parametrize(
    "nodes",
    [
        ["http://10.0.0.1:5000"],
        ["http://169.254.169.254"],
        ["http://[::1]:5000"],
        ["http://[::ffff:10.0.0.1]:80"],
        ["10.0.0.1:5000"],
        ["ftp://example.org"],
        ["file:///etc/passwd"],
        ["http://user:word@example.org"],
        ["http://user@example.org"],
        ["http://example.org:99999"],
        ["http://exa mple.org"],
        ["http://[::1"],
        [""],
        ["\ud800"],
        ["x" * 5000],
        [5],
        [None],
    ],
    ids=lambda nodes: str(nodes[0])[:30].encode("ascii", "backslashreplace").decode(),
)
async def test_address_that_may_not_be_called_is_refused_with_all_the_list(
    one: Running, nodes: list[Any]
) -> None:
    body = json.dumps({"nodes": ["http://127.0.0.1:1", *nodes]})
    answer = await one.client.post("/nodes/register", content=body)
    assert answer.status_code == 400, answer.text
    assert len(answer.text.splitlines()) == 1
    assert await one.node.store.nodes() == []


@pytest.mark.parametrize(
    "body", ["{}", '{"nodes": null}', '{"nodes": 5}', '{"nodes": "http://127.0.0.1:1"}', "[", "[]"]
)
async def test_registering_without_a_list_is_refused(one: Running, body: str) -> None:
    answer = await one.client.post("/nodes/register", content=body)
    assert answer.status_code == 400
    assert len(answer.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/chain/", 404),
        ("GET", "/nothing", 404),
        ("POST", "/chain", 405),
        ("POST", "/mine", 405),
        ("HEAD", "/mine", 405),
        ("HEAD", "/nodes/resolve", 405),
        ("GET", "/transactions/new", 405),
        ("GET", "/nodes/register", 405),
        ("DELETE", "/nodes/resolve", 405),
        ("GET", "/healthz", 200),
    ],
)
async def test_other_paths_and_methods(one: Running, method: str, path: str, status: int) -> None:
    before = await one.node.store.head()
    answer = await one.client.request(method, path)
    assert answer.status_code == status
    assert await one.node.store.head() == before
