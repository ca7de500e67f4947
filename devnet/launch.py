"""Starting a devnet: in process for tests and demonstrations, or until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Self

from devnet.control import ControlServer
from devnet.endpoint import Endpoint
from devnet.faults import DevnetNode, Faults
from devnet.genesis import Genesis
from devnet.hosts import host_keys, ring_keys
from devnet.keys import active_key, owner_key
from devnet.ledger import Ledger
from devnet.network import Network
from devnet.node import ChainNode
from devnet.peers import PeerNetwork
from devnet.session import Session
from devnet.settings import DevnetSettings
from devnet.state import ChainState
from devnet.values import Json


class Devnet:
    """A running devnet: `async with Devnet(settings) as net`.

    `nodes` holds every node by name: the hosts of the first witness (alpha, beta, …), the backbone
    hosts that sign for the others, and the API nodes that vote (eu, us, …). `peers` is the peer
    chain beside it, if the settings ask for one.
    """

    def __init__(self, settings: DevnetSettings | None = None) -> None:
        self.settings = settings or DevnetSettings()
        self.nodes: dict[str, DevnetNode] = {}
        self.peers: PeerNetwork | None = None
        self._producing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start: addresses answer and blocks come when this returns."""
        await self._open_peers()
        try:
            await self._open_network()
        except BaseException:
            await self._close()
            raise
        self._fill_past()
        self._producing = asyncio.create_task(self.network.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self._close()

    # -- what it is -------------------------------------------------------------------------------

    @property
    def chain_id(self) -> str:
        """The chain id, 64 hex digits."""
        return self.genesis.chain_id

    @property
    def control_url(self) -> str:
        """Where faults are asked for."""
        return self.control.url

    @property
    def state(self) -> ChainState:
        """The head state of the longest chain."""
        return self.network.canonical()

    def active_wif(self, account: str) -> str:
        """Return the active private key of an account."""
        return active_key(account).wif

    def owner_wif(self, account: str) -> str:
        """Return the owner's private key of an account."""
        return (owner_key if self.settings.owner_keys else active_key)(account).wif

    def signing_key(self, name: str) -> str:
        """Return the public signing key (text) that a witness' host holds.

        Raises:
            KeyError: no such host of a witness.
        """
        return ring_keys(self.settings)[name].text(self.settings.prefix)

    def peer_urls(self) -> dict[str, str]:
        """Return where the nodes of the peer chain are, by "peer NAME"."""
        return {f"peer {node.name}": node.url for node in (self.peers.nodes if self.peers else ())}

    # -- what can be done to it -------------------------------------------------------------------

    async def wait_for(
        self, predicate: Callable[[ChainState], bool], timeout: float = 30.0
    ) -> ChainState:
        """Wait until the head state of the longest chain meets a condition, and return it.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        return await self.network.wait_for(predicate, timeout)

    async def wait_block(self, number: int, timeout: float = 30.0) -> ChainState:
        """Wait until the longest chain has a block of this height."""
        return await self.wait_for(lambda state: state.number >= number, timeout)

    async def wait_blocks(self, count: int, timeout: float = 30.0) -> ChainState:
        """Wait for so many further blocks."""
        return await self.wait_block(self.state.number + count, timeout)

    # -- inner ------------------------------------------------------------------------------------

    def _fill_past(self) -> None:
        """Fill the slots up to now, with those that begin meanwhile, if there is a prehistory."""
        interval = self.settings.interval
        while self.settings.prehistory and self._filled + interval <= time.time():
            self._filled += interval
            self.network.build(self._filled)

    def _open(self, chain_node: ChainNode, port: int) -> None:
        def open_session(notify: Callable[[Json], None] | None) -> Session:
            return Session(chain_node, self.network, notify)

        access = self.settings.api_access
        endpoint = Endpoint(self.settings.listen_host, port, open_session, access)
        node = DevnetNode(chain_node, endpoint, self.faults)
        self.faults.add(node)
        self.nodes[node.name] = node
        endpoint.open()

    async def _open_peers(self) -> None:
        settings = self.settings
        if settings.peers:
            port = settings.base_port and settings.base_port + len(host_keys(settings)) + 1
            peers = PeerNetwork(settings.peers, settings.listen_host, port)
            self.peers = await peers.__aenter__()

    async def _open_network(self) -> None:
        settings = self.settings
        self.genesis = Genesis(settings, settings.genesis_time or _genesis_time(settings))
        self.ledger = Ledger(self.genesis)
        chain_nodes = make_nodes(self.ledger)
        self.network = Network(chain_nodes, settings)
        self._filled = self.genesis.time
        self._fill_past()
        port = settings.base_port
        self.faults = Faults(self.network)
        self.control = ControlServer(self, settings.listen_host, port)
        for chain_node in chain_nodes:
            port += 1 if port else 0
            self._open(chain_node, port)
        await self.control.start()

    async def _close(self) -> None:
        if self.peers is not None:
            await self.peers.__aexit__(None, None, None)
        if self._producing is not None:
            self._producing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._producing
        if hasattr(self, "control"):
            await self.control.close()
        for node in self.nodes.values():
            await node.endpoint.close()


def make_nodes(ledger: Ledger) -> list[ChainNode]:
    """Return the nodes of a devnet; the one with the most keys may begin again by itself."""
    held = host_keys(ledger.genesis.settings)
    greatest = max(held, key=lambda name: len(held[name]))
    return [
        ChainNode(name, ledger, keys, stale_production=name == greatest)
        for name, keys in held.items()
    ]


def _genesis_time(settings: DevnetSettings) -> int:
    interval = settings.interval
    skipped = settings.maintenance_skip_slots
    maintenances = settings.prehistory * interval // settings.maintenance_interval + 2
    slots = settings.prehistory + skipped * maintenances
    return (int(time.time()) // interval - slots) * interval
