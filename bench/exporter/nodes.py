"""Nodes whose replies are ready-made; `bench.exporter.server` is the process that serves them.

One chain with real keys and signatures goes on, a block in every slot, and its replies are those
of the devnet's own code, written once for each block and not once for each caller. Every path of
the address is a node of its own, as many as are called: `ws://127.0.0.1:PORT/n17`. What is under
`/differing/` shows the same chain with a figure of its own in each reply, as nodes differ that have
heard of different pending transactions. `GET /told` answers with what was asked and when blocks
were announced.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from devnet.genesis import Genesis
from devnet.keys import signing_key
from devnet.ledger import Ledger
from devnet.node import ChainNode
from devnet.operations import Transaction
from devnet.rpc import Connection
from devnet.session import Session
from devnet.settings import DEFAULT_ACCESS, DevnetSettings

INTERVAL = 3
"""Seconds, as on the main network."""

DIFFERING = "/differing/"

_WINDOW, _ROUNDS = 600, 4
"""How far back a watcher begins, in seconds and in rounds on top of that."""

_AT_A_TIME = 100
"""Blocks that are made without looking for callers."""

_NO_MAINTENANCE = 365 * 86_400
_REQUEST = re.compile(r'\{"id": (\d+), (.+)', re.DOTALL)
_SUBSCRIBING, _READING = '"set_block_applied_callback"', '"get_objects"'
_OWN = b'"total_pob":0,'


def network(witnesses: int, genesis_time: int | None = None) -> DevnetSettings:
    """Return the devnet whose replies are served, with all the past that a watcher reads."""
    blocks = _WINDOW // INTERVAL + _ROUNDS * witnesses
    begun = (int(time.time()) // INTERVAL - blocks) * INTERVAL
    return DevnetSettings(
        witnesses=witnesses,
        interval=INTERVAL,
        rings=0,
        maintenance_interval=_NO_MAINTENANCE,
        genesis_time=genesis_time or begun,
    )


class ReadyMade:
    """The chain and its replies; `calls` counts those of each path, `announced` holds when (by the
    monotonic clock, in seconds) each block was told."""

    def __init__(self, settings: DevnetSettings) -> None:
        genesis = Genesis(settings, settings.genesis_time or 0)
        keys = [signing_key(account) for account in settings.accounts()]
        self.node = ChainNode("ready-made", Ledger(genesis), keys, stale_production=True)
        self.calls: Counter[str] = Counter()
        self.announced: dict[int, float] = {}
        self.ready = False
        self._connection = Connection(Session(self.node, _Alone()), DEFAULT_ACCESS)
        self._tails: dict[str, bytes] = {}
        self._numbers: dict[str, int] = {}
        self._subscribed: set[ServerConnection] = set()

    async def catch_up(self, until: int) -> None:
        """Fill all slots up to a time in seconds since the epoch, and have the replies ready."""
        state = self.node.state
        while (slot := state.slot_time(1)) <= until:
            self.node.produce(slot, 0)
            state = self.node.state
            if state.number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        asked = [words for words in self._tails if _READING in words]
        self._tails.clear()
        for words in asked:
            await self._tail(words)

    async def go_on(self) -> None:
        """Make a block at the beginning of each slot and announce it, until cancelled."""
        await self.catch_up(int(time.time()))
        self.ready = True
        while True:
            due = self.node.state.slot_time(1)
            await asyncio.sleep(due - time.time())
            await self.next_block(due)

    async def next_block(self, due: int) -> None:
        """Make the block of a slot, have the replies ready and announce it."""
        await self.catch_up(due)
        head = self.node.state
        self.announced[head.number] = time.monotonic()
        notice = {"method": "notice", "params": [1, [head.id]]}
        broadcast(self._subscribed, json.dumps(notice, separators=(",", ":")))

    async def answer(self, path: str, request: str) -> bytes:
        """Return the reply to a call as the client of `chains` writes it."""
        found = _REQUEST.fullmatch(request)
        if found is None:
            raise ValueError(f"{request[:80]!r} is not as the client writes its calls")
        self.calls[path] += 1
        number, words = found.groups()
        tail = self._tails.get(words) or await self._tail(words)
        if path.startswith(DIFFERING) and _READING in words[:80]:
            mine = self._numbers.setdefault(path, len(self._numbers) + 1)
            tail = tail.replace(_OWN, b'"total_pob":%d,' % mine, 1)
        return b'{"id":%s%s' % (number.encode(), tail)

    async def _tail(self, words: str) -> bytes:
        """Return a reply without its beginning, `{"id":N`, and keep it until the next block."""
        frame = (await self._connection.answer('{"id": 0, ' + words)).text
        return self._tails.setdefault(words, frame.removeprefix('{"id":0').encode())

    async def serve(self, client: ServerConnection) -> None:
        """Answer a client until it goes."""
        assert client.request is not None
        path = client.request.path
        try:
            async for request in client:
                assert isinstance(request, str)
                await client.send(await self.answer(path, request), text=True)
                if _SUBSCRIBING in request[:120]:
                    self._subscribed.add(client)
        except ConnectionClosed:
            pass  # the way such connections end
        finally:
            self._subscribed.discard(client)

    def tell(self, client: ServerConnection, request: Request) -> Response | None:
        """Answer `GET /told`; all else is a node."""
        if request.path != "/told":
            return None
        told = {"ready": self.ready, "calls": self.calls, "announced": self.announced}
        return client.respond(HTTPStatus.OK, json.dumps(told))


class _Alone:
    """The way to a node's peers, of which it has none."""

    def send_transaction(self, sender: ChainNode, transaction: Transaction) -> None:
        """Pass a transaction on to nobody."""
