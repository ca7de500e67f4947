"""A chain as any client of a node reads it, for what happened is what its blocks hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.keys import encode_key
from chains.bitshares.transactions import WITNESS_UPDATE
from devnet.hosts import ring_keys
from tests.support.network import Network
from tests.support.network.asking import answer, asker

PATIENCE = 60.0
READ_FROM = "backbone1"
"""Signs for more witnesses than any other host, and is never broken: it is on the longest chain."""

_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Update:
    """A `witness_update` in a block: which block, and whose key it set; None: nobody's."""

    block: int
    key: str
    host: str | None


class Chain:
    """Every block of the longest chain, oldest first, as of the last `read`."""

    def __init__(self, net: Network) -> None:
        self.blocks: list[Block] = []
        self._net = net
        self._hosts = {
            key.text(net.settings.prefix): host for host, key in ring_keys(net.settings).items()
        }
        self._client = asker()

    async def __aenter__(self) -> Self:
        """Begin to read."""
        await self.read()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self._client.aclose()

    @property
    def number(self) -> int:
        """The height of the last block that was read."""
        return len(self.blocks)

    async def read(self) -> None:
        """Read what is new, and again what was left."""
        (head,) = await self.objects("2.1.0")
        while (number := self.number + 1) <= head["head_block_number"]:
            raw = await self.call("database", "get_block", number)
            block = parse_block(raw)
            if self.blocks and block.previous != self.blocks[-1].id:
                self.blocks.pop()
            else:
                self.blocks.append(block)

    async def wait_for(self, condition: Callable[[Chain], bool], timeout: float = PATIENCE) -> None:
        """Read until the chain meets a condition.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self.read()
            while not condition(self):
                await asyncio.sleep(_LOOK)
                await self.read()

    async def wait_blocks(self, count: int) -> None:
        """Wait for so many further blocks."""
        await self.read()
        wanted = self.number + count
        await self.wait_for(lambda chain: chain.number >= wanted)

    def updates(self, account: str = "init0") -> list[Update]:
        """Return every update of a witness that changes its key, oldest first."""
        identity = self.witness_id(account)
        return [
            Update(block.number, key, self._hosts.get(key))
            for block in self.blocks
            for transaction in block.transactions
            for kind, body in transaction["operations"]
            if kind == WITNESS_UPDATE and body["witness"] == identity
            for key in [body.get("new_signing_key")]
            if key
        ]

    def on_air(self, account: str = "init0") -> str | None:
        """Return the host whose key is in force and has signed a block of its present term."""
        done = self.updates(account)
        since = done[-1].block if done else 0
        signers = self.signers(account, since)
        return signers[-1] if signers else None

    def signers(self, account: str = "init0", after: int = 0) -> list[str | None]:
        """Return the host of every block of a witness after one of that height, oldest first."""
        identity, prefix = self.witness_id(account), self._net.settings.prefix
        return [
            self._hosts.get(encode_key(block.signer(), prefix))
            for block in self.blocks[after:]
            if block.witness == identity
        ]

    async def missed(self, account: str = "init0") -> int:
        """Return how many slots a witness has missed in all, by the node's own count."""
        (witness,) = await self.objects(self.witness_id(account))
        return int(witness["total_missed"])

    def witness_id(self, account: str) -> str:
        """Return the object id of a witness account."""
        return f"1.6.{self._net.settings.accounts().index(account) + 1}"

    async def objects(self, *names: str, node: str = READ_FROM) -> list[Any]:
        """Return objects by id, as a node shows them."""
        found: list[Any] = await self.call("database", "get_objects", list(names), node=node)
        return found

    async def call(self, api: str, method: str, *params: Any, node: str = READ_FROM) -> Any:
        """Return a node's answer."""
        return await answer(self._client, self._net.nodes[node].http_url, api, method, *params)
