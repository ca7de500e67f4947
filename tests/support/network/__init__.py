"""A network for end-to-end tests: simulated, or of real nodes where the variable names a program.

    async with open_network(DevnetSettings(witnesses=5)) as net, Chain(net) as chain:
        await net.nodes["alpha"].kill()
        await chain.wait_blocks(5)

The same settings make the same hosts with the same keys on either; `prehistory`, `latency` and
`reconnect` are about the simulated one only. Nothing else of a test tells which one it runs on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from devnet.configuration import Described
from devnet.settings import DevnetSettings
from tests.support.network.real import RealNetwork
from tests.support.network.simulated import Simulated
from tests.support.witness_node import witness_program


class Node(Protocol):
    """A node, and what can be done to it; `heal` takes back all of it."""

    @property
    def name(self) -> str: ...

    @property
    def ws_url(self) -> str: ...

    @property
    def http_url(self) -> str: ...

    async def kill(self) -> None:
        """End it as by SIGKILL."""

    async def freeze(self) -> None:
        """Stop it as by SIGSTOP."""

    async def heal(self) -> None:
        """Have it run and answer again, and let it find its peers."""


class Network(Described, Protocol):
    """A running network with the hosts and keys of its settings."""

    @property
    def nodes(self) -> Mapping[str, Node]: ...

    def active_wif(self, account: str) -> str:
        """Return the active private key of an account."""

    async def part(self, *names: str) -> None:
        """Cut nodes off from the others; among themselves they stay together."""

    async def heal(self, *names: str) -> None:
        """Take every fault of some nodes back."""


@asynccontextmanager
async def open_network(settings: DevnetSettings) -> AsyncIterator[Network]:
    """Run the network that the variable asks for until the context ends."""
    program = witness_program()
    if program is None:
        async with Simulated(settings) as net:
            yield net
        return
    async with RealNetwork(settings, program) as real:
        yield real
