"""Breaking the network on purpose, and mending it.

kill    connections broken and refused, no blocks; the chain on disk survives, memory does not
freeze  as by SIGSTOP: connections stay open and are accepted, nothing answers, no blocks
cut     no peers: it goes on answering, on a fork of its own if it can produce
lag     answers, or messages between peers, come late
lie     what it says to clients is no answer: see `devnet.lies`
swallow transactions are taken, shown as pending, and neither told to peers nor put into a block
orphan  the next block that holds a transaction is seen by those who vote, and then left by all
heal    takes all of these back; it finds its peers after `reconnect` seconds
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devnet.endpoint import Endpoint
from devnet.network import Network
from devnet.node import ChainNode
from devnet.orphans import Orphaning
from devnet.values import Json


class UnknownHostError(Exception):
    """There is no node of this name; `known` lists those that there are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"there is no host {name!r}; there are {', '.join(known)}")


class DevnetNode:
    """A node of a running devnet: its addresses, its chain, and what can be done to it."""

    def __init__(self, chain: ChainNode, endpoint: Endpoint, faults: Faults) -> None:
        self.name = chain.name
        self.chain = chain
        self.endpoint = endpoint
        self._faults = faults

    @property
    def ws_url(self) -> str:
        """Its websocket address."""
        return self.endpoint.ws_url

    @property
    def http_url(self) -> str:
        """Its address for HTTP POST."""
        return self.endpoint.http_url

    async def kill(self) -> None:
        """End it as by SIGKILL."""
        await self._faults.kill(self.name)

    async def freeze(self) -> None:
        """Stop it as by SIGSTOP."""
        await self._faults.freeze(self.name)

    def cut(self) -> None:
        """Take all peers from it."""
        self._faults.cut(self.name)

    def lag(self, answers: float = 0.0, messages: float = 0.0) -> None:
        """Delay its answers to clients, and its messages to and from peers, by seconds."""
        self._faults.lag(self.name, answers, messages)

    def lie(self, lie: str) -> None:
        """Have it say something else than the truth to its clients."""
        self._faults.lie(self.name, lie)

    def swallow(self) -> None:
        """Have it keep to itself what transactions it is given."""
        self._faults.swallow(self.name)

    async def heal(self) -> None:
        """Take every fault of it back."""
        await self._faults.heal(self.name)


class Faults:
    """The faults of a network; hosts are named."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._nodes: dict[str, DevnetNode] = {}
        self._killed: set[str] = set()
        self._frozen: set[str] = set()

    def add(self, node: DevnetNode) -> None:
        """Make a node known."""
        self._nodes[node.name] = node

    async def kill(self, name: str) -> None:
        """End a host as by SIGKILL."""
        node = self._node(name)
        self._killed.add(name)
        self._frozen.discard(name)
        self._network.silent.add(name)
        await node.endpoint.kill()

    async def freeze(self, name: str) -> None:
        """Stop a host as by SIGSTOP; a dead one stays dead."""
        node = self._node(name)
        if name in self._killed:
            return
        self._frozen.add(name)
        self._network.silent.add(name)
        await node.endpoint.freeze()

    def cut(self, name: str) -> None:
        """Take all peers from a host."""
        self._node(name)
        self._network.separate([name])

    def partition(self, groups: Sequence[Sequence[str]]) -> None:
        """Divide the network: each group hears itself only, and so do all hosts not named."""
        for name in (name for group in groups for name in group):
            self._node(name)
        for group in groups:
            self._network.separate(group)

    def lag(self, name: str, answers: float = 0.0, messages: float = 0.0) -> None:
        """Delay a host's answers to clients, and its messages to and from peers, by seconds.

        Raises:
            ValueError: a delay is negative.
        """
        if answers < 0 or messages < 0:
            raise ValueError("a delay can't be negative")
        self._node(name).endpoint.lag = answers
        self._network.lag[name] = messages

    def lie(self, name: str, lie: str) -> None:
        """Have a host say something else than the truth to its clients.

        Raises:
            UnknownLieError: there is no lie of this name in `devnet.lies`.
        """
        self._node(name).endpoint.tongue.start_lying(lie)

    def swallow(self, name: str) -> None:
        """Have a host keep to itself what transactions it is given."""
        self._node(name).chain.swallows = True

    def orphan(self, *, again: bool = False) -> Orphaning:
        """Have the network leave the next block that holds a transaction.

        Hosts without keys see it, and one or two blocks later the longer chain without it. With
        `again` its transactions get into another block, as they do where every host has heard of
        them; otherwise no host remembers them.
        """
        self._network.orphaning = Orphaning(self._network.nodes, again=again)
        return self._network.orphaning

    async def heal(self, *names: str) -> None:
        """Take every fault of some hosts back, of all if none is named."""
        if not names:
            self._network.orphaning = None
        wanted = [self._node(name) for name in names] or list(self._nodes.values())
        apart = []
        for node in wanted:
            self.lag(node.name)
            node.endpoint.tongue.stop_lying()
            node.chain.swallows = False
            if node.name in self._killed:
                node.chain.restart()
            if node.name in self._network.silent or self._network.group(node.name):
                apart.append(node.name)
            self._killed.discard(node.name)
            self._frozen.discard(node.name)
            self._network.silent.discard(node.name)
            node.endpoint.open()
        if apart:
            self._network.join(apart)

    def describe(self, name: str) -> Json:
        """Return what ails a host."""
        node = self._node(name)
        return {
            "killed": name in self._killed,
            "frozen": name in self._frozen,
            "group": self._network.group(name),
            "answer_lag_seconds": node.endpoint.lag,
            "message_lag_seconds": self._network.lag.get(name, 0.0),
            "lie": node.endpoint.tongue.lie,
            "swallows": node.chain.swallows,
        }

    def _node(self, name: str) -> DevnetNode:
        if name not in self._nodes:
            raise UnknownHostError(name, self._nodes)
        return self._nodes[name]
