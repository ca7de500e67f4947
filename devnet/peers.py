"""A peer chain of some nodes of our own kind, beside the simulated BitShares network.

They begin with the same blocks: the first node mines them, and each of the others adopts its chain.
Nothing but the nodes' own addresses is asked for that, as anybody could.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from chains.peer.blocks import Proof
from chains.settings import PeerChainSettings, PeerSettings
from peernode.node import open_node
from peernode.settings import BareNodeSettings
from serving.address import url_of
from serving.asking import ONE_CALL
from serving.server import Server, listen, running

_BEGINNING = 3
"""Blocks that all have from the start, the first one among them."""

_SECONDS = 30.0
"""For one answer; finding a proof takes a tenth of a second, on a busy machine several."""

_HERE = ("127.0.0.0/8", "::1/128")
_GRACE_SECONDS = 1


class PeerNetwork:
    """Running nodes: `async with PeerNetwork(3) as peers`.

    They are called p1, p2, … and listen on `host` at free ports, or from `base_port` on. Each lets
    everybody on this machine be registered.
    """

    def __init__(self, count: int, host: str = "127.0.0.1", base_port: int = 0) -> None:
        self.nodes: tuple[PeerSettings, ...] = ()
        self._settings = PeerChainSettings(allowed=_HERE)
        self._count, self._host, self._base_port = count, host, base_port
        self._urls: dict[str, str] = {}
        self._nodes: dict[str, BareNodeSettings] = {}
        self._running: dict[str, contextlib.AsyncExitStack] = {}

    @property
    def proof(self) -> Proof:
        """The rule of their proofs."""
        return self._settings.proof

    async def __aenter__(self) -> Self:
        """Start; all nodes answer, and have one chain, when this returns.

        Raises:
            OSError: an address can't be listened on.
        """
        async with contextlib.AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="understudy-")))
            # Plain HTTP; the system's certificates take long to read, so none is trusted.
            nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            stack.push_async_callback(self._close)
            client = httpx.AsyncClient(
                timeout=_SECONDS, trust_env=False, verify=nobody, limits=ONE_CALL
            )
            self._client = await stack.enter_async_context(client)
            for index in range(self._count):
                name = f"p{index + 1}"
                port = self._base_port + index if self._base_port else 0
                settings = BareNodeSettings(
                    f"sqlite:///{folder / name}.db", self._host, port, self._settings
                )
                await self._open(name, settings)
                self.nodes = (*self.nodes, PeerSettings(name, self._urls[name]))
            await self._begin()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self._stack.aclose()

    async def kill(self, name: str) -> None:
        """Take a node away; its chain stays on its disk."""
        if name in self._running:
            await self._running.pop(name).aclose()

    async def heal(self, name: str) -> None:
        """Start a node again that was taken away, at its address."""
        if name not in self._running:
            await self._open(name, self._nodes[name])

    async def mine(self, name: str) -> None:
        """Have a node mine a block."""
        await self._get(name, "/mine")

    async def bring(self, name: str, to: str) -> None:
        """Have a node register another one and resolve, so that it adopts a longer chain there."""
        url = f"{self._url(name)}/nodes/register"
        answer = await self._client.post(url, json={"nodes": [self._url(to)]})
        answer.raise_for_status()
        await self._get(name, "/nodes/resolve")

    async def mine_ahead(self, names: Sequence[str], blocks: int) -> None:
        """Have some nodes take turns in mining, so that they have a longer chain in common."""
        for turn in range(blocks):
            miner = names[turn % len(names)]
            await self.mine(miner)
            for other in names:
                if other != miner:
                    await self.bring(other, to=miner)

    async def chain(self, name: str) -> list[dict[str, Any]]:
        """Return a node's chain as it shows it."""
        found: list[dict[str, Any]] = (await self._get(name, "/chain"))["chain"]
        return found

    async def _open(self, name: str, settings: BareNodeSettings) -> None:
        async with contextlib.AsyncExitStack() as leaving:
            url = await leaving.enter_async_context(_node_at(settings))
            self._running[name] = leaving.pop_all()
        self._urls[name] = url
        self._nodes[name] = replace(settings, port=urlsplit(url).port or 0)

    async def _close(self) -> None:
        for name in tuple(self._running):
            await self.kill(name)

    async def _begin(self) -> None:
        first, *others = (node.name for node in self.nodes)
        for _ in range(_BEGINNING - 1):
            await self.mine(first)
        for name in others:
            await self.bring(name, to=first)

    async def _get(self, name: str, path: str) -> Any:
        answer = await self._client.get(f"{self._url(name)}{path}")
        answer.raise_for_status()
        return answer.json()

    def _url(self, name: str) -> str:
        return self._urls[name]


@contextlib.asynccontextmanager
async def _node_at(settings: BareNodeSettings) -> AsyncIterator[str]:
    """Run a node, and give its URL."""
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        host, port = listener.getsockname()[:2]
        async with open_node(settings) as node:
            server = Server(node.app, grace=_GRACE_SECONDS, on_stop=node.stop)
            async with running(server, listener):
                yield url_of(host, port)
