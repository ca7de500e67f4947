"""A network of real nodes: a process each, their own peer-to-peer network, faults by signals."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import httpx

from devnet.hosts import host_keys, ring_keys
from devnet.keys import DevKey, active_key
from devnet.peers import PeerNetwork
from devnet.settings import DevnetSettings
from tests.support.network.asking import answer, asker
from tests.support.network.links import Links
from tests.support.witness_node.client import connected
from tests.support.witness_node.genesis import claim, genesis, give, vote
from tests.support.witness_node.process import APIS, NodePlan, NodeProcess
from tests.support.witness_node.signing import FEE
from understudy.stack import free_ports

_FIRST = "backbone1"
"""Begins the chain, and goes on whoever else does."""

_SHARE = 1000 * FEE
_LOOK = 0.1
_UP_SECONDS = 180.0
"""A dozen of them begin at once, perhaps on a busy machine."""


class RealNode:
    """A node: its addresses, its process, and what can be done to it."""

    def __init__(self, network: RealNetwork, name: str, process: NodeProcess) -> None:
        self.name = name
        self.process = process
        self._network = network

    @property
    def ws_url(self) -> str:
        """Its websocket address."""
        return f"ws://127.0.0.1:{self.process.plan.rpc_port}"

    @property
    def http_url(self) -> str:
        """Its address for HTTP POST."""
        return f"http://127.0.0.1:{self.process.plan.rpc_port}"

    async def kill(self) -> None:
        """End it as by SIGKILL."""
        self.process.kill()

    async def freeze(self) -> None:
        """Stop it as by SIGSTOP."""
        if self.process.running:
            self.process.signal(signal.SIGSTOP)

    async def heal(self) -> None:
        """Have it run and answer again, and let it find its peers."""
        await self._network.heal(self.name)

    async def listening(self) -> None:
        """Wait until it answers, which nothing but trying tells."""
        async with asyncio.timeout(_UP_SECONDS):
            while not self.process.listens():
                await asyncio.sleep(_LOOK)


class RealNetwork:
    """A running network of real nodes with the hosts and keys of a devnet's settings.

    Every node has every other one for a peer; the later one calls the earlier through a relay.
    """

    def __init__(self, settings: DevnetSettings, program: Path) -> None:
        self.settings = settings
        self.nodes: dict[str, RealNode] = {}
        self.peers: PeerNetwork | None = None
        self.chain_id = ""
        self._program = program
        self._folder = Path()
        self._links = Links()
        self._relays: dict[tuple[str, str], int] = {}
        self._apart: set[str] = set()
        self._leaving = contextlib.AsyncExitStack()
        self._client = asker()

    async def __aenter__(self) -> Self:
        """Start: every node follows the chain, on which there were votes, when this returns.

        Raises:
            RuntimeError: a node ended, or a node or the chain did not get going.
        """
        async with contextlib.AsyncExitStack() as leaving:
            made = tempfile.TemporaryDirectory(prefix="understudy-nodes-")
            self._folder = Path(leaving.enter_context(made))
            await leaving.enter_async_context(self._client)
            leaving.enter_context(self._links)
            if self.settings.peers:
                peers = PeerNetwork(self.settings.peers, self.settings.listen_host, 0)
                self.peers = await leaving.enter_async_context(peers)
            self._plan()
            leaving.callback(self._end)
            await self._start()
            self._leaving = leaving.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self._leaving.aclose()

    # -- what it is -------------------------------------------------------------------------------

    def signing_key(self, name: str) -> str:
        """Return the public signing key (text) that a witness' host holds.

        Raises:
            KeyError: no such host of a witness.
        """
        return ring_keys(self.settings)[name].text(self.settings.prefix)

    def active_wif(self, account: str) -> str:
        """Return the active private key of an account."""
        return active_key(account).wif

    def peer_urls(self) -> dict[str, str]:
        """Return where the nodes of the peer chain are, by "peer NAME"."""
        return {f"peer {node.name}": node.url for node in (self.peers.nodes if self.peers else ())}

    # -- what can be done to it -------------------------------------------------------------------

    async def part(self, *names: str) -> None:
        """Cut nodes off from the others; among themselves they stay together."""
        self._apart |= set(names)
        for (one, other), port in self._relays.items():
            if (one in names) != (other in names):
                self._links.cut(port)

    async def heal(self, *names: str) -> None:
        """Take every fault of some nodes back, of all if none is named."""
        healed = [self.nodes[name] for name in names] or list(self.nodes.values())
        for node in healed:
            if node.process.running:
                node.process.signal(signal.SIGCONT)
            else:
                node.process.start()
        self._apart -= {node.name for node in healed}
        for (one, other), port in self._relays.items():
            if (one in self._apart) == (other in self._apart):
                self._links.mend(port)
        await asyncio.gather(*(node.listening() for node in healed))
        await self._introduce({node.name for node in healed})

    # -- inner ------------------------------------------------------------------------------------

    def _plan(self) -> None:
        settings, state = self.settings, self._folder / "genesis.json"
        begun = genesis(
            witnesses=settings.witnesses,
            feeds=settings.feeds,
            owner_keys=settings.owner_keys,
            block_interval=settings.interval,
            maintenance_interval=settings.maintenance_interval,
            maintenance_skip_slots=settings.maintenance_skip_slots,
        )
        state.write_text(json.dumps(begun))
        held = host_keys(settings)
        names = [_FIRST, *(name for name in held if name != _FIRST)]
        ports = iter(free_ports(2 * len(names)))
        p2p = {name: next(ports) for name in names}
        for earlier, later in combinations(names, 2):
            self._relays[later, earlier] = self._links.open(p2p[earlier])
        for name in names:
            plan = NodePlan(
                self._program,
                self._folder / name,
                state,
                next(ports),
                p2p[name],
                apis=APIS,
                peers=[port for (caller, _), port in self._relays.items() if caller == name],
                begins=name == _FIRST,
                witnesses=self._signs_for(held[name]),
                keys=[key.word for key in held[name]],
            )
            plan.write()
            self.nodes[name] = RealNode(self, name, NodeProcess(plan))

    def _signs_for(self, keys: Sequence[DevKey]) -> list[str]:
        accounts = self.settings.accounts()
        owners = [key.word.partition("-")[0] for key in keys]
        return [f"1.6.{accounts.index(owner) + 1}" for owner in owners]

    async def _start(self) -> None:
        first, *others = self.nodes.values()
        first.process.start()
        await first.listening()
        # Only now: a node that finds no peer at its start takes its time to try again.
        for node in others:
            node.process.start()
        await asyncio.gather(*(node.listening() for node in others))
        await self._introduce(set(self.nodes))
        await asyncio.to_thread(self._prepare)

    def _prepare(self) -> None:
        """Give the witnesses that have rings what pays their fees, and have votes counted."""
        accounts = self.settings.accounts()
        with connected(self.nodes[_FIRST].ws_url) as node:
            self.chain_id = node.call("database", "get_chain_id")
            node.await_block(1)
            claim(node, self.chain_id)
            vote(node, self.chain_id, [f"1.6.{n + 1}" for n, _ in enumerate(accounts)])
            if self.settings.rings > 1:
                further = range(1, self.settings.rings)
                give(node, self.chain_id, {f"1.2.{6 + n}": _SHARE for n in further})
            number = node.head().number
        for each in self.nodes.values():
            with connected(each.ws_url) as other:
                other.await_block(number, _UP_SECONDS)

    async def _introduce(self, names: set[str]) -> None:
        """Have nodes call those that they have lost, at once; by themselves they take minutes."""
        await asyncio.gather(
            *(
                self._ask(self.nodes[caller], "network_node", "add_node", f"127.0.0.1:{port}")
                for (caller, called), port in self._relays.items()
                if {caller, called} & names
                and (caller in self._apart) == (called in self._apart)
                and self.nodes[caller].process.running
            )
        )

    async def _ask(self, node: RealNode, api: str, method: str, *params: Any) -> None:
        async with asyncio.timeout(_UP_SECONDS):
            while True:
                try:
                    await answer(self._client, node.http_url, api, method, *params)
                except httpx.TimeoutException:
                    return  # it stands still
                except httpx.TransportError:
                    await asyncio.sleep(_LOOK)  # it listens, and has not begun to answer
                else:
                    return

    def _end(self) -> None:
        for node in self.nodes.values():
            node.process.kill()
