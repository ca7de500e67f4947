"""What a caller notices of nodes that answer badly, late or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

from chains.bitshares.client import NodeClient, open_client
from chains.errors import (
    BadReplyError,
    NodeRefusedError,
    NodeTimeoutError,
    NodeUnreachableError,
    WrongChainError,
)
from chains.settings import NodeSettings

Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]
PATIENCE = 0.2
CHAIN = "ab" * 32


@asynccontextmanager
async def talking_to(answer: Answer, timeout: float = PATIENCE) -> AsyncIterator[NodeClient]:
    """Connect a client to a node that answers every request as `answer` says."""

    async def handle(connection: ServerConnection) -> None:
        async for message in connection:
            await answer(connection, json.loads(message))

    async with serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_client(NodeSettings("eu", f"ws://127.0.0.1:{port}"), timeout) as client:
            yield client


def saying(text: str) -> Answer:
    async def answer(connection: ServerConnection, _request: dict[str, Any]) -> None:
        await connection.send(text)

    return answer


async def echo_result(connection: ServerConnection, request: dict[str, Any]) -> None:
    await connection.send(json.dumps({"id": request["id"], "result": request["params"][2]}))


async def nothing(_connection: ServerConnection, _request: dict[str, Any]) -> None:
    """Take the request and stay silent."""


async def test_overlapping_calls_each_get_their_own_answer() -> None:
    held: list[dict[str, Any]] = []

    async def in_reverse(connection: ServerConnection, request: dict[str, Any]) -> None:
        held.append(request)
        if len(held) == 3:
            for each in reversed(held):
                await echo_result(connection, each)

    async with talking_to(in_reverse, timeout=2) as client:
        calls = [client.call("database", "get_block", number) for number in (1, 2, 3)]
        assert await asyncio.gather(*calls) == [[1], [2], [3]]


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ws_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    async with talking_to(echo_result, timeout=2) as client:
        assert await client.call("database", "get_block", 1) == [1]


async def test_a_silent_node_costs_no_more_than_the_deadline() -> None:
    async with talking_to(nothing) as client:
        with pytest.raises(NodeTimeoutError, match=r"get_block in 0\.2 s"):
            await client.call("database", "get_block", 1)


async def test_pings_do_not_stretch_the_deadline() -> None:
    async def only_pings(connection: ServerConnection, _request: dict[str, Any]) -> None:
        for _ in range(50):
            await (await connection.ping())
            await asyncio.sleep(0.01)

    async with talking_to(only_pings) as client:
        with pytest.raises(NodeTimeoutError):
            await client.call("database", "get_block", 1)


async def test_an_answer_to_another_call_is_not_taken_for_this_one() -> None:
    async with talking_to(saying('{"id": 999, "result": "theirs"}')) as client:
        with pytest.raises(NodeTimeoutError):
            await client.call("database", "get_block", 1)


@pytest.mark.parametrize("garbage", ["half an ans", "[1, 2]", "7", "[" * 5000])
async def test_garbage_ends_the_connection_with_a_sentence(garbage: str) -> None:
    async with talking_to(saying(garbage), timeout=2) as client:
        with pytest.raises(BadReplyError, match="eu: sent a message that is no"):
            await client.call("database", "get_block", 1)


@pytest.mark.parametrize(
    "reply", ['{"id": 1}', '{"id": 1, "error": "no"}', '{"id": 1, "error": {"code": "x"}}']
)
async def test_an_answer_that_is_none_is_told_as_such(reply: str) -> None:
    async with talking_to(saying(reply), timeout=2) as client:
        with pytest.raises(BadReplyError):
            await client.call("database", "get_block", 1)


async def test_the_nodes_own_error_keeps_its_code() -> None:
    reply = '{"id": 1, "error": {"code": 4010001, "message": "Missing Active Authority"}}'
    async with talking_to(saying(reply), timeout=2) as client:
        with pytest.raises(NodeRefusedError) as refusal:
            await client.call("network_broadcast", "broadcast_transaction", {})
    assert refusal.value.code == 4010001


async def test_no_terminal_obeys_what_a_node_says() -> None:
    message = "\\u001b]0;owned\\u0007\\u009b2J\\r\\nok \\u202e"
    reply = f'{{"id": 1, "error": {{"code": 1, "message": "{message}"}}}}'
    async with talking_to(saying(reply), timeout=2) as client:
        with pytest.raises(NodeRefusedError) as refusal:
            await client.call("database", "get_block", 1)
    assert str(refusal.value).isprintable()
    assert "owned" in str(refusal.value)


async def test_a_connection_that_breaks_fails_the_waiting_calls_at_once() -> None:
    async def hang_up(connection: ServerConnection, _request: dict[str, Any]) -> None:
        await connection.close()

    async with talking_to(hang_up, timeout=30) as client:
        with pytest.raises(NodeUnreachableError):
            await client.call("database", "get_block", 1)
        with pytest.raises(NodeUnreachableError):
            await client.call("database", "get_block", 2)


async def test_a_message_too_large_is_refused_instead_of_held_in_memory() -> None:
    reply = json.dumps({"id": 1, "result": "x" * (17 * 1024 * 1024)})
    async with talking_to(saying(reply), timeout=5) as client:
        with pytest.raises(BadReplyError, match="eu: sent a message of more than 16 MB"):
            await client.call("database", "get_block", 1)


async def test_a_node_on_another_chain_is_refused_by_name() -> None:
    async with talking_to(saying(json.dumps({"id": 1, "result": CHAIN})), timeout=2) as client:
        with pytest.raises(WrongChainError, match=f"eu: is on chain {CHAIN}"):
            await client.check_chain("cd" * 32)


async def test_a_refused_connection_names_node_and_address(unused_tcp_port: int) -> None:
    url = f"ws://127.0.0.1:{unused_tcp_port}"
    said = f"eu: can't connect to {url}: Connection refused$"
    with pytest.raises(NodeUnreachableError, match=said):
        async with open_client(NodeSettings("eu", url), PATIENCE):
            pytest.fail("connected to nobody")


async def test_a_node_that_never_completes_the_handshake_is_given_up() -> None:
    hung_up = asyncio.Event()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NodeUnreachableError):
            async with open_client(NodeSettings("eu", f"ws://127.0.0.1:{port}"), PATIENCE):
                pytest.fail("connected to a mute server")
        await asyncio.wait_for(hung_up.wait(), timeout=5)


async def test_a_stop_while_a_connection_closes_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closing = asyncio.Event()

    async def never(_connection: ClientConnection) -> None:
        closing.set()
        await asyncio.Event().wait()

    async def talk() -> ClientConnection:
        async with talking_to(nothing) as client:
            connections.append(client._connection)
            monkeypatch.setattr(ClientConnection, "close", never)
        return client._connection

    connections: list[ClientConnection] = []
    talking = asyncio.create_task(talk())
    await closing.wait()
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)
    assert connections[0].transport.is_closing()


async def test_every_block_is_announced_and_stray_notices_are_not() -> None:
    async def announce(connection: ServerConnection, request: dict[str, Any]) -> None:
        await connection.send(json.dumps({"id": request["id"], "result": None}))
        for params in ([1, ["aa"]], [7, ["bb"]], [1, [{"no": "id"}]], "odd", [1, ["cc"]]):
            await connection.send(json.dumps({"method": "notice", "params": params}))

    heard: asyncio.Queue[str] = asyncio.Queue()
    async with talking_to(announce, timeout=2) as client:
        await client.subscribe_blocks(heard.put_nowait)
        assert [await heard.get(), await heard.get()] == ["aa", "cc"]


async def test_the_time_of_a_call_is_reported() -> None:
    seen: list[tuple[str, float]] = []
    async with talking_to(echo_result, timeout=2) as client:
        client._on_call = lambda node, seconds: seen.append((node, seconds))
        await client.call("database", "get_block", 1)
    assert [node for node, _ in seen] == ["eu"]
    assert 0 < seen[0][1] < 2


@pytest.mark.parametrize(
    "frame",
    ['{"id":%d,"result":[1, 2]}', '{ "id" : %d , "result": [1, 2]}', '{"result":[1,2],"id":%d}'],
)
async def test_a_result_is_had_as_text_however_a_node_writes_it(frame: str) -> None:
    async def answer(connection: ServerConnection, request: dict[str, Any]) -> None:
        await connection.send(frame % request["id"])

    async with talking_to(answer) as client:
        text = await client.call_for_text("database", "get_objects", [])
    assert json.loads(text) == [1, 2]


async def test_who_asks_for_text_is_told_of_a_refusal() -> None:
    async def answer(connection: ServerConnection, request: dict[str, Any]) -> None:
        error = {"code": 10, "message": "no such thing"}
        await connection.send(json.dumps({"id": request["id"], "error": error}))

    async with talking_to(answer) as client:
        with pytest.raises(NodeRefusedError, match="no such thing"):
            await client.call_for_text("database", "get_objects", [])
