"""A node that sends without measure costs a little memory, a little time, and only itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from chains.bitshares.client import NodeClient, open_client
from chains.bitshares.connection import MAX_MESSAGE_BYTES, Budget
from chains.bitshares.watch import Watch
from chains.errors import BadReplyError, NodeError
from chains.settings import NodeSettings
from tests.support.scripted import ScriptedNode, scripted

from .test_hostile_node import Honest, forged_chain, head_is

PIECE = "x" * 60_000


class Node:
    """A node whose answer to every call is what a test makes of it."""

    def __init__(self) -> None:
        self.sent = 0
        self.settings = NodeSettings("eu", "")

    async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        """Answer a call."""

    async def send(self, connection: ServerConnection, text: str) -> None:
        """Send a message and count its bytes."""
        await connection.send(text)
        self.sent += len(text)

    async def serve(self, connection: ServerConnection) -> None:
        """Answer one connection."""
        async for message in connection:
            await self.answer(connection, json.loads(message))


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[Node]:
    async with serve(node.serve, "127.0.0.1", 0, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        node.settings = NodeSettings("eu", f"ws://127.0.0.1:{port}")
        yield node


async def complaint(client: NodeClient) -> str:
    with pytest.raises(BadReplyError) as error:
        await client.call("database", "get_block", 1)
    return error.value.detail


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_fills_with_time_and_no_further_than_its_burst() -> None:
    clock = Clock()
    budget = Budget(burst=100, rate=10, clock=clock)
    assert budget.spend(100)
    assert not budget.spend(1)
    clock.now += 5
    assert budget.spend(50)
    assert not budget.spend(1)
    clock.now += 1000
    assert budget.spend(100)
    assert not budget.spend(1)


async def test_a_message_without_end_is_left_at_the_size_of_the_largest_block() -> None:
    class Endless(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            async def pieces() -> AsyncIterator[str]:
                while True:
                    self.sent += len(PIECE)
                    yield PIECE

            await connection.send(pieces())

    async with running(Endless()) as node, open_client(node.settings, 20) as client:
        said = "sent a message of more than 16 MB, or without end"
        assert await complaint(client) == said
        assert node.sent < 2 * MAX_MESSAGE_BYTES


async def test_a_message_without_end_of_empty_fragments_is_left_as_well() -> None:
    class Empty(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            async def pieces() -> AsyncIterator[str]:
                yield "x"
                while True:
                    await asyncio.sleep(0)
                    yield ""

            await connection.send(pieces())

    async with running(Empty()) as node, open_client(node.settings, 20) as client:
        assert "or without end" in await complaint(client)


async def test_what_is_no_websocket_frame_is_told_as_such() -> None:
    class Bytes(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            connection.transport.write(b"\xff\xff no frame at all")

    async with running(Bytes()) as node, open_client(node.settings, 5) as client:
        assert "sent what is no websocket message" in await complaint(client)


@pytest.mark.parametrize("values", ["[]", '{"a":1}', "1"])
async def test_a_message_of_millions_of_values_is_not_taken_apart(values: str) -> None:
    class Bomb(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            bomb = ",".join([values] * 600_000)
            await connection.send(f'{{"id":{request["id"]},"result":[{bomb}]}}')

    async with running(Bomb()) as node, open_client(node.settings, 20) as client:
        assert await complaint(client) == "sent a message of more than 500,000 values"


async def test_what_a_node_may_send_is_counted_over_its_connections() -> None:
    class Flood(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            for _ in range(1000):
                await self.send(connection, json.dumps({"method": "notice", "params": [PIECE]}))

    budget = Budget(burst=1024 * 1024, rate=1)
    async with running(Flood()) as node:
        async with open_client(node.settings, 20, budget=budget) as client:
            assert await complaint(client) == "sent more than 0 MB a second, with 1 MB to spare"
        assert node.sent < 30 * 1024 * 1024  # what the sockets hold in between, and not all 60
        async with open_client(node.settings, 20, budget=budget) as client:
            assert "sent more than" in await complaint(client)


async def test_many_small_messages_cost_more_than_their_bytes() -> None:
    class Chatter(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            for _ in range(2000):
                await self.send(connection, "{}")
            await connection.send(json.dumps({"id": request["id"], "result": True}))

    budget = Budget(burst=1024 * 1024, rate=1)
    async with running(Chatter()) as node, open_client(node.settings, 20, budget=budget) as client:
        assert "sent more than" in await complaint(client)


@pytest.mark.parametrize(("patience", "why"), [(20, "does not read"), (0.2, "no answer")])
async def test_pings_of_a_node_that_reads_nothing_do_not_pile_up(patience: float, why: str) -> None:
    """Each ping is answered; a node that leaves the answers unread could fill our memory."""
    ping = Frame(Opcode.PING, b"p" * 125).serialize(mask=False) * 200

    class Pinging(Node):
        async def answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            connection.transport.pause_reading()
            while not connection.transport.is_closing():
                connection.transport.write(ping)
                await asyncio.sleep(0)

    async with running(Pinging()) as node, asyncio.timeout(15):
        async with open_client(node.settings, patience) as client:
            with pytest.raises(NodeError, match=why):
                await client.call("database", "get_block", 1)
            waiting = client._connection.transport.get_write_buffer_size()
            assert waiting < 2 * 1024 * 1024
        assert client._connection.transport.is_closing()
        await client._connection.wait_closed()


async def test_a_flooding_node_is_named_with_its_reason_while_others_are_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Flooding(ScriptedNode):
        async def reply(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            await super().reply(connection, request)
            while request["params"][1] == "get_objects":
                await connection.send(json.dumps({"method": "notice", "params": [PIECE]}))

    small = 1024 * 1024
    monkeypatch.setattr("chains.bitshares.endpoint.Budget", lambda: Budget(small, small // 8))
    chain = forged_chain()
    async with scripted(Flooding(chain), Honest(chain), Honest(chain)) as settings:
        watch = Watch(settings)
        running = asyncio.create_task(watch.run())
        try:
            await head_is(watch, chain)
            async with asyncio.timeout(10):
                while not watch.nodes[0].detail.startswith("sent more than"):
                    await asyncio.sleep(0.02)
            assert [view.up for view in watch.nodes] == [False, True, True]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
