"""A devnet without a clock: slots are played one after another, and messages arrive at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from chains.bitshares.transactions import format_time, signing_digest
from devnet.genesis import Genesis
from devnet.keys import DevKey, active_key
from devnet.launch import make_nodes
from devnet.ledger import Ledger
from devnet.network import Network
from devnet.operations import Transaction, read_transaction
from devnet.settings import DevnetSettings

from .recorded import Json

GENESIS_TIME = 1_795_000_200


class ManualNet:
    """The nodes of a devnet, played slot by slot."""

    def __init__(self, settings: DevnetSettings) -> None:
        self.settings = replace(settings, latency=0.0, reconnect=0.0, maintenance_skip_slots=0)
        self.genesis = Genesis(self.settings, GENESIS_TIME)
        self.ledger = Ledger(self.genesis)
        self.nodes = {node.name: node for node in make_nodes(self.ledger)}
        self.network = Network(list(self.nodes.values()), self.settings)
        self.now = GENESIS_TIME

    async def play(self, slots: int = 1) -> None:
        """Let so many slots pass."""
        for _ in range(slots):
            self.now += self.settings.interval
            self.network.produce(self.now)
            await self.settle()

    async def settle(self) -> None:
        """Let all messages arrive."""
        for _ in range(4):
            await asyncio.sleep(0)

    async def heal(self, *names: str) -> None:
        """Bring hosts back into the network."""
        self.network.join(names)
        await self.settle()

    def update(
        self, url: str, reference: int, key: str | None = None, life: int = 600
    ) -> Transaction:
        """Return init0's signed update of its URL (and key) that refers to a block."""
        block_id = next(iter(self.nodes.values())).forks.at(reference) or ""
        body: Json = {
            "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
            "witness": "1.6.1",
            "witness_account": "1.2.6",
            "new_url": url,
        }
        if key is not None:
            body["new_signing_key"] = key
        unsigned = {
            "ref_block_num": reference & 0xFFFF,
            "ref_block_prefix": int.from_bytes(bytes.fromhex(block_id)[4:8], "little"),
            "expiration": format_time(self.now + life),
            "operations": [[21, body]],
            "extensions": [],
        }
        return self.sign(unsigned, active_key("init0"))

    def sign(self, unsigned: Json, *keys: DevKey) -> Transaction:
        """Return a transaction with the signatures of some keys."""
        chain_id = self.genesis.chain_id
        packed = read_transaction(unsigned, "BTS", chain_id).packed
        signatures = [key.sign(signing_digest(packed, chain_id)).hex() for key in keys]
        return read_transaction(unsigned | {"signatures": signatures}, "BTS", chain_id)

    def give(self, node: str, transaction: Transaction) -> None:
        """Broadcast a transaction at a node."""
        self.nodes[node].push_transaction(transaction)
        self.network.send_transaction(self.nodes[node], transaction)
