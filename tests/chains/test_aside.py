"""What a node can't say over a websocket: a text that is no UTF-8, in a block or elsewhere.

That real nodes behave so is held by tests/devnet/contract/test_undeliverable.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from chains.bitshares import client
from chains.bitshares.aside import AsideError, Place
from chains.bitshares.connection import Budget
from chains.bitshares.views import majority_of
from chains.errors import NodeTimeoutError
from devnet.launch import Devnet
from tests.chains.test_client import CHAIN, nothing, talking_to
from tests.chains.watched import HISTORY, INIT0, head
from tests.support.devnet import chain_settings, following, until, update, watching

RAW = "http://\udcff"


@dataclass
class Aside:
    """Answers what is asked in the other way, once it may; `{}` in what is said is the number."""

    said: str = '{{"id": {}, "result": "by HTTP"}}'
    asked: list[str] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, question: str) -> str:
        self.asked.append(question)
        await self.going.wait()
        if not self.said:
            raise AsideError("no")
        return self.said.format(json.loads(question)["id"])


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> Aside:
    aside = Aside()
    aside.going.set()

    async def ask(_place: Place, question: str, budget: Budget) -> str:
        assert isinstance(budget, Budget)
        return await aside.ask(question)

    monkeypatch.setattr(Place, "ask", ask)
    return aside


async def hold_back(connection: ServerConnection, request: dict[str, Any]) -> None:
    """Answer nothing but which chain it is."""
    if request["params"][1] == "get_chain_id":
        await connection.send(json.dumps({"id": request["id"], "result": CHAIN}))


async def test_what_is_held_back_is_asked_in_the_other_way(aside: Aside) -> None:
    async with talking_to(hold_back, timeout=1) as node:
        assert await node.call("database", "get_block", 1) == "by HTTP"
    [question] = aside.asked
    assert json.loads(question)["params"] == ["database", "get_block", [1]]


async def test_result_that_is_wanted_as_text_comes_as_text(aside: Aside) -> None:
    async with talking_to(hold_back, timeout=1) as node:
        assert json.loads(await node.call_for_text("database", "get_objects")) == "by HTTP"
    assert len(aside.asked) == 1


async def test_silent_node_is_not_asked_twice(aside: Aside) -> None:
    async with talking_to(nothing, timeout=0.8) as node:
        with pytest.raises(NodeTimeoutError, match=r"no answer to get_block in 0\.8 s"):
            await node.call("database", "get_block", 1)
    assert aside.asked == []


@pytest.mark.parametrize(
    ("api", "method"),
    [("network_broadcast", "broadcast_transaction"), ("database", "set_block_applied_callback")],
)
async def test_transactions_and_subscriptions_go_over_the_websocket_alone(
    aside: Aside, api: str, method: str
) -> None:
    async with talking_to(hold_back, timeout=0.8) as node:
        with pytest.raises(NodeTimeoutError):
            await node.call(api, method, {})
    assert aside.asked == []


async def test_without_an_answer_there_either_it_is_told_as_ever(aside: Aside) -> None:
    aside.said = ""
    async with talking_to(hold_back, timeout=0.5) as node:
        with pytest.raises(NodeTimeoutError, match="no answer to get_block"):
            await node.call("database", "get_block", 1)
    assert len(aside.asked) == 1


@pytest.mark.parametrize(
    "said", ["half an ans", "<h1>Method Not Allowed</h1>", "[]", '{{"id": 77, "result": "other"}}']
)
async def test_what_is_no_answer_there_fails_nothing_that_may_still_come(
    aside: Aside, said: str
) -> None:
    aside.said = said
    first = dict[str, Any]()

    async def answer_late(connection: ServerConnection, request: dict[str, Any]) -> None:
        if request["params"][1] == "get_block":
            first.update(request)
        else:
            await hold_back(connection, request)
            while not aside.asked:
                await asyncio.sleep(0)
            await connection.send(json.dumps({"id": first["id"], "result": "by websocket"}))

    async with talking_to(answer_late, timeout=5) as node:
        assert await node.call("database", "get_block", 1) == "by websocket"


async def test_only_four_are_asked_at_once(aside: Aside) -> None:
    aside.going.clear()
    async with talking_to(hold_back, timeout=5) as node:
        calls = [asyncio.ensure_future(node.call("database", "get_block", n)) for n in range(6)]
        while len(aside.asked) < 4:
            await asyncio.sleep(0.01)
        await node.call("database", "get_chain_id")
        assert len(aside.asked) == 4
        aside.going.set()
        assert await asyncio.gather(*calls) == ["by HTTP"] * 6


async def test_rotation_in_a_block_that_no_websocket_gets_is_followed() -> None:
    async with Devnet(HISTORY) as net, watching(chain_settings(net)) as watch:
        await following(watch)
        key = net.signing_key("beta")
        spoiled = update(net, key, new_url=RAW)
        await watch.call("eu", "network_broadcast", "broadcast_transaction", spoiled)

        def has_key() -> bool:
            term = watch.follower.term(INIT0)
            return term is not None and term.key == key

        await until(watch, lambda _: has_key())
        seen = head(watch)
        await until(watch, lambda w: head(w) > seen)


async def test_decision_right_after_such_a_block_sees_a_majority_of_the_nodes() -> None:
    async with Devnet(HISTORY) as net:
        settings = replace(chain_settings(net), call_timeout=3.0)
        async with watching(settings) as watch:
            await following(watch)
            spoiled = update(net, net.signing_key("beta"), number=3, new_url=RAW)
            await watch.call("eu", "network_broadcast", "broadcast_transaction", spoiled)
            seen = head(watch)
            while any(node.chain.state.number <= seen for node in net.nodes.values()):
                await asyncio.sleep(0.01)
            shipped = signature(watch.read_nodes).parameters["deadline"].default
            assert shipped / 2 > client._PATIENCE, "else there is no time left to ask by HTTP"
            views = await watch.read_nodes(5 * shipped)  # on however busy a machine
            assert sum(view.up for view in views) >= majority_of(len(views))
            assert head(watch) > seen


@asynccontextmanager
async def serving(said: bytes, *, again: bytes = b"") -> AsyncIterator[Place]:
    """Answer whoever asks with some bytes, and then with others for as long as they are taken."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"POST /rpc HTTP/1.0\r\nHost: node.example\r\n")
        writer.write(said)
        with contextlib.suppress(ConnectionError):
            while again:
                writer.write(again)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Place("ws://node.example/rpc", "127.0.0.1", port)


async def test_no_byte_of_what_is_no_text_is_lost() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\n\r\n\xff\xc3\xa9") as place:
        assert await place.ask("asked", Budget()) == "\udcff\xe9"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"\x7fELF\r\n\r\nno"])
async def test_what_is_no_http_is_no_answer(said: bytes) -> None:
    async with serving(said) as place:
        with pytest.raises(AsideError, match="no answer of HTTP"):
            await place.ask("asked", Budget())


ENDLESS = [b"x" * 65_536, b"HTTP/1.1 100 Continue\r\n\r\n" * 100, b"1\r\nx\r\n" * 100]


@pytest.mark.parametrize("again", ENDLESS)
async def test_answer_without_end_is_cut_off_and_paid_for(again: bytes) -> None:
    budget = Budget(burst=1_000_000, rate=1)
    async with serving(b"HTTP/1.1 200 OK\r\n\r\n", again=again) as place:
        with pytest.raises(AsideError, match="more than it may send"):
            await asyncio.wait_for(place.ask("asked", budget), 30)
    assert not budget.pay(1_000_000)


async def test_answer_of_more_than_16_mb_is_cut_off_whatever_may_be_spent() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\n\r\n", again=b"x" * 1_000_000) as place:
        with pytest.raises(AsideError, match="more than it may send"):
            await asyncio.wait_for(place.ask("asked", Budget(burst=10**12)), 30)


async def test_address_without_http_is_no_answer() -> None:
    with pytest.raises(AsideError):
        await Place("ws://127.0.0.1:1", "127.0.0.1", 1).ask("asked", Budget())
