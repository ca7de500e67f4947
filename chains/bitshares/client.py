"""A JSON-RPC client for one BitShares node, with a deadline on every call.

The node's wire format: `{"id", "method": "call", "params": [api, method, args]}`, notices as
`{"method": "notice", "params": [callback id, [...]]}` (bitshares-core,
`libraries/app/api.cpp`, `fc/rpc/websocket_api.cpp`).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException

from chains.bitshares.aside import AsideError, Place
from chains.bitshares.connection import Budget, NodeConnection, connect_to
from chains.bitshares.wire import parse_json, result_text
from chains.errors import (
    BadReplyError,
    MalformedDataError,
    NodeError,
    NodeRefusedError,
    NodeTimeoutError,
    NodeUnreachableError,
    WrongChainError,
)
from chains.settings import NodeSettings
from chains.words import printable

_LONGEST_TEXT = 300
"""Of what a node says in its own words, in characters."""

_BLOCK_CALLBACK = 1

_PATIENCE = 0.4
"""Seconds after which it is seen whether the node holds just this answer back. A decision gives all
nodes a second to be read, within which a block that is held back has to come in the other way."""

_PROBE = "get_chain_id"
"""What every node can answer at any time."""

_NOT_ASIDE = frozenset({_PROBE, "set_block_applied_callback"})
"""Methods of the database that are not asked in the other way: notices come by websocket alone."""

_ASIDE_AT_ONCE = 4
"""Questions that one client has in the other way, each by a connection of its own."""

Aside = Callable[[str], Awaitable[str]]
"""Asks a JSON-RPC question in another way; raises AsideError where that leads nowhere."""

OnCall = Callable[[str, float], None]
"""Told of every answered call: the node's name and the seconds it took."""


class NodeClient:
    """A live connection to one node. Calls may overlap; each has its own deadline in seconds.

    What the node doesn't answer here, though it answers what was asked later, is asked by `aside`.
    """

    def __init__(
        self,
        name: str,
        connection: NodeConnection,
        timeout: float,
        on_call: OnCall | None = None,
        aside: Aside | None = None,
    ) -> None:
        self.name = name
        self._connection = connection
        self._timeout = timeout
        self._on_call = on_call
        self._aside = aside
        self._turn = asyncio.Semaphore(_ASIDE_AT_ONCE)
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any] | str]] = {}
        self._as_text: set[int] = set()
        self._on_block: Callable[[str], None] | None = None
        self._broken: Exception | None = None

    async def call(self, api: str, method: str, *params: Any, timeout: float | None = None) -> Any:
        """Call a method of an api ("database", "network_broadcast") and return its result.

        Raises:
            NodeTimeoutError: no answer within `timeout` seconds.
            NodeUnreachableError: the connection broke.
            NodeRefusedError: the node answered with an error.
            BadReplyError: the node sent something that is no answer.
        """
        reply = await self._reply(next(self._ids), (api, method, list(params)), timeout)
        assert isinstance(reply, dict)
        return self._result(reply)

    async def call_for_text(self, api: str, method: str, *params: Any) -> str:
        """Call a method and return its result as JSON text, which may turn out to be none.

        Raises:
            NodeError: as `call`.
        """
        number = next(self._ids)
        self._as_text.add(number)
        try:
            reply = await self._reply(number, (api, method, list(params)), None)
        finally:
            self._as_text.discard(number)
        return reply if isinstance(reply, str) else json.dumps(self._result(reply))

    async def _reply(
        self, number: int, params: tuple[str, str, list[Any]], timeout: float | None
    ) -> dict[str, Any] | str:
        if self._broken is not None:
            raise self._broken
        waiting: asyncio.Future[dict[str, Any] | str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        request = {"id": number, "method": "call", "params": params}
        limit = self._timeout if timeout is None else timeout
        started = time.perf_counter()
        try:
            async with asyncio.timeout(limit):
                await self._connection.send(json.dumps(request))
                reply = await self._answer_to(request, waiting)
        except TimeoutError as error:
            said = f"no answer to {params[1]} in {limit:g} s"
            raise NodeTimeoutError(self.name, said) from error
        except ConnectionClosed as error:
            raise NodeUnreachableError(self.name, "the connection broke") from error
        finally:
            del self._waiting[number]
            if waiting.done() and not waiting.cancelled():
                # Told or not: where it broke while the question was sent, nobody came to wait.
                waiting.exception()
        if self._on_call is not None:
            self._on_call(self.name, time.perf_counter() - started)
        return reply

    async def _answer_to(
        self, request: dict[str, Any], waiting: asyncio.Future[dict[str, Any] | str]
    ) -> dict[str, Any] | str:
        """Return the answer to a request, which after a while is asked in the other way, too."""
        api, method, _ = request["params"]
        if self._aside is None or api != "database" or method in _NOT_ASIDE:
            return await waiting
        await asyncio.wait({waiting}, timeout=_PATIENCE)
        if waiting.done():
            return waiting.result()
        asking = asyncio.create_task(self._ask_aside(request, self._aside))
        try:
            return await waiting
        finally:
            asking.cancel()

    async def _ask_aside(self, request: dict[str, Any], aside: Aside) -> None:
        """Ask in the other way, unless the node is just slow; without success all is as before."""
        try:
            await self.call("database", _PROBE)
            async with self._turn:
                answer = await aside(json.dumps(request))
            self._take_aside(request["id"], answer)
        except (NodeError, AsideError, MalformedDataError):
            return  # it may still come; that it doesn't is told by whoever waits for it

    def _take_aside(self, number: int, answer: str) -> None:
        """Take what was answered in the other way, if it is an answer to this question."""
        if number in self._as_text and (found := result_text(answer)) and found[0] == number:
            self._answer(*found)
        elif isinstance(data := parse_json(answer), dict) and data.get("id") == number:
            self._answer(number, data)

    async def check_chain(self, chain_id: str) -> None:
        """Raise `WrongChainError` if the node is on another chain than the configured one."""
        found = await self.call("database", _PROBE)
        if found != chain_id:
            raise WrongChainError(self.name, chain_id, _printable(found))

    async def subscribe_blocks(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called with the id of every block that the node applies from now on."""
        self._on_block = callback
        await self.call("database", "set_block_applied_callback", _BLOCK_CALLBACK)

    async def listen(self) -> None:
        """Sort incoming messages to their callers until the connection ends."""
        try:
            async for message in self._connection:
                self._sort(message)
            self._fail(NodeUnreachableError(self.name, "the node closed the connection"))
        except ConnectionClosed:
            if complaint := self._connection.why_lost():
                self._fail(BadReplyError(self.name, _printable(complaint)))
            else:
                self._fail(NodeUnreachableError(self.name, "the connection broke"))
        except BadReplyError as error:
            self._fail(error)
            await self._connection.leave()

    def _sort(self, message: str | bytes) -> None:
        if self._as_text and (found := result_text(message)) and found[0] in self._as_text:
            self._answer(*found)
            return
        try:
            data = parse_json(message)
        except MalformedDataError as error:
            raise BadReplyError(self.name, str(error)) from error
        if not isinstance(data, dict):
            raise BadReplyError(self.name, "sent a message that is no JSON object")
        if data.get("method") == "notice":
            self._notice(data)
            return
        self._answer(data.get("id"), data)

    def _answer(self, number: Any, reply: dict[str, Any] | str) -> None:
        waiting = self._waiting.get(number) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _notice(self, data: dict[str, Any]) -> None:
        match data.get("params"):
            case [callback, [str(block_id)]] if callback == _BLOCK_CALLBACK and self._on_block:
                self._on_block(block_id)

    def _result(self, reply: dict[str, Any]) -> Any:
        if "error" in reply:
            error = reply["error"]
            if not isinstance(error, dict) or not isinstance(error.get("code"), int):
                raise BadReplyError(self.name, "sent an error without a code")
            message = _printable(error.get("message", ""))
            raise NodeRefusedError(self.name, error["code"], message)
        if "result" not in reply:
            raise BadReplyError(self.name, "sent an answer with neither result nor error")
        return reply["result"]

    def _fail(self, error: Exception) -> None:
        self._broken = error
        if self._on_block is not None:
            self._on_block("")
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)


def _printable(said: Any) -> str:
    """Return a node's own words so that they can be logged and shown."""
    return printable(str(said), _LONGEST_TEXT)


def _reason(error: Exception) -> str:
    """Return why connecting failed: of the system's errors the plain text, "Connection refused"."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number is not None and number > 0 else str(error)


@asynccontextmanager
async def open_client(
    node: NodeSettings,
    timeout: float,
    on_call: OnCall | None = None,
    budget: Budget | None = None,
) -> AsyncIterator[NodeClient]:
    """Connect to a node and listen to it for as long as the context lasts.

    `budget` is what the node may send, over all connections to it.

    Raises:
        NodeUnreachableError: refused, not resolved, no websocket, or not within `timeout` seconds.
    """
    budget = budget or Budget()
    try:
        connection = await connect_to(node.url, timeout, budget)
    except (OSError, WebSocketException, ValueError) as error:
        reason = _printable(_reason(error)) or type(error).__name__
        raise NodeUnreachableError(node.name, f"can't connect to {node.url}: {reason}") from error
    place = Place(node.url, *connection.remote_address[:2])
    client = NodeClient(node.name, connection, timeout, on_call, partial(place.ask, budget=budget))
    listening = asyncio.create_task(client.listen())
    try:
        yield client
    finally:
        listening.cancel()
        try:
            await asyncio.gather(listening, return_exceptions=True)
        finally:
            await connection.leave()
