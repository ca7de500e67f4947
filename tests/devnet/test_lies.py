"""What a client gets from a node that lies, and from the same node when it has stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from chains.bitshares.client import open_client
from chains.errors import NodeError, NodeTimeoutError
from chains.settings import NodeSettings
from devnet.launch import Devnet
from devnet.lies import LIES, UnknownLieError
from devnet.serve import ControlError, ask_for_fault
from devnet.settings import DevnetSettings

ASK = '{"id":7,"method":"call","params":[0,"get_chain_id",[]]}'
SOON = 0.4
"""Seconds in which an honest node has long answered."""


@pytest.fixture
async def net() -> AsyncIterator[Devnet]:
    """A small devnet with some history."""
    async with Devnet(DevnetSettings(witnesses=3, prehistory=5)) as running:
        yield running


@pytest.fixture
async def socket(net: Devnet) -> AsyncIterator[ClientConnection]:
    """A connection that was made while the node was honest."""
    url = net.nodes["eu"].ws_url
    async with websockets.connect(url, ping_interval=None, close_timeout=0.1) as connected:
        yield connected


async def ask(socket: ClientConnection, what: str = ASK) -> str:
    await socket.send(what)
    return str(await asyncio.wait_for(socket.recv(), SOON))


async def test_garbage_is_text_and_no_json(net: Devnet, socket: ClientConnection) -> None:
    net.nodes["eu"].lie("garbage")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(await ask(socket))
    async with httpx.AsyncClient() as client:
        answer = await client.post(net.nodes["eu"].http_url, content=ASK)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


async def test_half_an_answer_comes_as_if_it_were_whole(
    net: Devnet, socket: ClientConnection
) -> None:
    whole = await ask(socket)
    net.nodes["eu"].lie("half")
    half = await ask(socket)
    assert half == whole[: len(whole) // 2]


async def test_a_torn_answer_ends_inside_its_frame(net: Devnet, socket: ClientConnection) -> None:
    net.nodes["eu"].lie("torn")
    with pytest.raises(websockets.ConnectionClosedError) as closed:
        await ask(socket)
    assert closed.value.rcvd is None
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await client.post(net.nodes["eu"].http_url, content=ASK)


async def test_an_answer_may_come_under_an_id_that_nobody_used(
    net: Devnet, socket: ClientConnection
) -> None:
    net.nodes["eu"].lie("other_id")
    answer = json.loads(await ask(socket))
    assert answer["result"] == net.chain_id
    assert answer["id"] not in (7, None)


async def test_an_answer_may_be_that_to_the_call_before(
    net: Devnet, socket: ClientConnection
) -> None:
    await ask(socket)
    net.nodes["eu"].lie("other_answer")
    heads = '{"id":8,"method":"call","params":[0,"get_dynamic_global_properties",[]]}'
    assert json.loads(await ask(socket, heads)) == {"id": 8, "result": net.chain_id}
    assert "head_block_number" in json.loads(await ask(socket))["result"]


async def test_an_endless_message_has_no_last_fragment(
    net: Devnet, socket: ClientConnection
) -> None:
    net.nodes["eu"].lie("endless")
    await socket.send(ASK)
    taken = 0
    async with asyncio.timeout(10):
        async for piece in socket.recv_streaming():
            taken += len(piece)
            if taken > 900_000:  # just below the limit of this client
                break
    assert taken > 900_000
    read = 0
    async with (
        asyncio.timeout(10),
        httpx.AsyncClient() as client,
        client.stream("POST", net.nodes["eu"].http_url, content=ASK) as answer,
    ):
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read > 2_000_000:
                break
    assert read > 2_000_000


async def test_a_flood_is_notices_and_no_answer(net: Devnet, socket: ClientConnection) -> None:
    net.nodes["eu"].lie("flood")
    await socket.send(ASK)
    async with asyncio.timeout(5):
        said = [json.loads(await socket.recv()) for _ in range(300)]
    assert {frame.get("method") for frame in said} == {"notice"}


async def test_a_mute_node_opens_websockets_and_says_nothing(net: Devnet) -> None:
    net.nodes["eu"].lie("mute")
    async with websockets.connect(net.nodes["eu"].ws_url, close_timeout=0.1) as socket:
        with pytest.raises(TimeoutError):
            await ask(socket)
    async with httpx.AsyncClient(timeout=SOON) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(net.nodes["eu"].http_url, content=ASK)


async def test_a_node_that_only_pings_is_alive_and_says_nothing(net: Devnet) -> None:
    net.nodes["eu"].lie("pings")
    host, port = net.nodes["eu"].ws_url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    upgrade = f"Host: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}"
    writer.write(f"GET / HTTP/1.1\r\n{upgrade}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    mask = bytes(4)
    writer.write(bytes((0x81, 0x80 | len(ASK))) + mask + ASK.encode())
    async with asyncio.timeout(5):
        assert await reader.readexactly(6) == b"\x89\0" * 3
    writer.close()


async def test_a_dripping_answer_is_true_and_takes_its_time(
    net: Devnet, socket: ClientConnection
) -> None:
    net.nodes["eu"].lie("drip")
    begun = monotonic()
    await socket.send('{"id":7,"method":"call","params":[0,"get_objects",[[]]]}')
    assert await asyncio.wait_for(socket.recv(), 20) == '{"id":7,"result":[]}'
    assert monotonic() - begun > 0.5  # an honest one takes a hundredth of that


@pytest.mark.parametrize("lie", LIES)
async def test_after_a_lie_the_truth_can_be_had_again(
    net: Devnet, socket: ClientConnection, lie: str
) -> None:
    eu = net.nodes["eu"]
    shown = await asyncio.to_thread(
        ask_for_fault, net.control_url, "lie", {"host": "eu", "lie": lie}
    )
    assert [node["lie"] for node in shown["nodes"] if node["name"] == "eu"] == [lie]
    await socket.send(ASK)
    settings = NodeSettings("eu", eu.ws_url)
    async with open_client(settings, SOON) as client:
        with pytest.raises(NodeError):
            await client.check_chain("00" * 32)
    await eu.heal()
    async with open_client(settings, 2.0) as client:
        await client.check_chain(net.chain_id)
    if lie in ("endless", "mute", "pings", "drip"):  # a connection left in the middle is no more
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)


async def test_others_tell_the_truth_meanwhile(net: Devnet) -> None:
    net.nodes["eu"].lie("mute")
    async with open_client(NodeSettings("us", net.nodes["us"].ws_url), 2.0) as client:
        await client.check_chain(net.chain_id)
    async with open_client(NodeSettings("eu", net.nodes["eu"].ws_url), SOON) as client:
        with pytest.raises(NodeTimeoutError):
            await client.check_chain(net.chain_id)


@pytest.mark.parametrize("body", [{"host": "eu", "lie": "white"}, {"host": "eu", "lie": ["mute"]}])
async def test_a_lie_that_nobody_knows_is_refused_with_those_that_there_are(
    net: Devnet, body: dict[str, Any]
) -> None:
    with pytest.raises(ControlError, match=r"there is no lie .*; there are garbage, half, torn"):
        await asyncio.to_thread(ask_for_fault, net.control_url, "lie", body)
    with pytest.raises(UnknownLieError):
        net.nodes["eu"].lie("")
