"""Nodes that answer from a forged chain, honestly or as a test would have them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from chains.bitshares.transactions import format_time
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from tests.support.chain import PREFIX, ForgedChain

CHAIN_ID = "ab" * 32


class ScriptedNode:
    """An honest node at a forged chain's head; subclasses lie by overriding `result` or `reply`."""

    delay = 0.0

    def __init__(self, chain: ForgedChain) -> None:
        self.chain = chain
        self.connections: set[ServerConnection] = set()

    async def serve(self, connection: ServerConnection) -> None:
        """Answer one connection until it ends."""
        self.connections.add(connection)
        try:
            async for message in connection:
                await asyncio.sleep(self.delay)
                await self.reply(connection, json.loads(message))
        except ConnectionClosed:
            pass  # the way such connections end
        finally:
            self.connections.discard(connection)

    async def reply(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        """Answer a request."""
        _api, method, args = request["params"]
        answer = {"id": request["id"], "result": self.result(method, args)}
        await connection.send(json.dumps(answer))

    async def announce(self) -> None:
        """Send every connection the notice of a block."""
        notice = json.dumps({"method": "notice", "params": [1, [self.chain.id]]})
        for connection in tuple(self.connections):
            with contextlib.suppress(ConnectionClosed):  # the watch may have left just now
                await connection.send(notice)

    def result(self, method: str, args: Sequence[Any]) -> Any:
        """Return what a call answers."""
        match method:
            case "get_chain_id":
                return CHAIN_ID
            case "get_full_accounts":
                return [[name, _full_account(name)] for name in args[0]]
            case "get_witness_by_account":
                return objects(self.chain)[f"1.6.{int(args[0].removeprefix('init')) + 1}"]
            case "get_objects":
                found = objects(self.chain)
                return [found.get(object_id) for object_id in args[0]]
            case "get_block":
                return self.chain.raw.get(args[0])
        return None


def objects(chain: ForgedChain) -> dict[str, Any]:
    """Return the objects of a node at the chain's head, by id."""
    reading = chain.reading()
    found: dict[str, Any] = {
        "2.1.0": {
            "id": "2.1.0",
            "head_block_number": reading.head_number,
            "head_block_id": reading.head_id,
            "time": format_time(reading.head_time),
            "current_aslot": reading.aslot,
            "dynamic_flags": 0,
            "next_maintenance_time": format_time(reading.next_maintenance),
            "recently_missed_count": 0,
            "last_irreversible_block_num": 0,
        },
        "2.12.0": {"id": "2.12.0", "current_shuffled_witnesses": list(reading.shuffled)},
        "2.0.0": {
            "id": "2.0.0",
            "active_witnesses": list(reading.active),
            "parameters": {
                "block_interval": reading.interval,
                "maintenance_interval": reading.maintenance_interval,
                "maintenance_skip_slots": 0,
            },
        },
    }
    for account, witness in reading.witnesses.items():
        found[witness.id] = {
            "id": witness.id,
            "witness_account": witness.account_id,
            "signing_key": witness.signing_key,
            "total_missed": 0,
            "last_confirmed_block_num": witness.last_confirmed_block,
            "total_votes": "123456789012",
            "url": "",
        }
        balance = _balance(account)
        found[balance["id"]] = {**balance, "owner": witness.account_id}
    return found


def _full_account(account: str) -> dict[str, Any]:
    return {"account": {"id": f"1.2.{_number(account)}"}, "balances": [_balance(account)]}


def _balance(account: str) -> dict[str, Any]:
    return {"id": f"2.5.{_number(account)}", "asset_type": "1.3.0", "balance": "1000000000"}


def _number(account: str) -> int:
    return int(account.removeprefix("init")) + 6


@asynccontextmanager
async def scripted(*nodes: ScriptedNode) -> AsyncIterator[ChainSettings]:
    """Serve nodes; yields the settings that watch them, named "n0", "n1", … in order."""
    async with AsyncExitStack() as stack:
        urls = []
        for node in nodes:
            server = await stack.enter_async_context(
                serve(node.serve, "127.0.0.1", 0, close_timeout=0.1)
            )
            urls.append(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        key = nodes[0].chain.keys["1.6.1"].text(PREFIX)
        yield ChainSettings(
            nodes=tuple(NodeSettings(f"n{i}", url) for i, url in enumerate(urls)),
            witnesses=(WitnessSettings("init0", (ProducerSettings("alpha", key),)),),
            chain_id=CHAIN_ID,
            missed_window=60,
            call_timeout=0.5,
        )
