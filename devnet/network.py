"""The simulated peer-to-peer network: who hears whom, how late, and the clock of the slots.

Every node is a peer of every other one in its group. A message travels `latency` seconds, plus
what the sender and the receiver lag behind.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from chains.errors import InvalidBlockError
from devnet.blocks import SignedBlock
from devnet.node import ChainNode
from devnet.operations import Transaction
from devnet.orphans import Orphaning
from devnet.refusals import RefusedError
from devnet.settings import DevnetSettings
from devnet.state import ChainState

_log = logging.getLogger(__name__)
_TOGETHER = 0
_LATEST_PRODUCTION = 0.5
"""A host that wakes later than this after its slot began leaves it empty (witness plugin)."""


class Network:
    """The nodes and the links between them."""

    def __init__(self, nodes: Sequence[ChainNode], settings: DevnetSettings) -> None:
        self.nodes = {node.name: node for node in nodes}
        self.settings = settings
        self.silent: set[str] = set()
        self.lag: dict[str, float] = {}
        self.orphaning: Orphaning | None = None
        self._groups = dict.fromkeys(self.nodes, _TOGETHER)
        self._last_group = _TOGETHER
        self._changed = asyncio.Event()

    # -- links ------------------------------------------------------------------------------------

    def group(self, name: str) -> int:
        """Return which part of a divided network a node is in; 0 is the undivided one."""
        return self._groups[name]

    def reachable(self, one: str, other: str) -> bool:
        """Tell whether two nodes hear each other."""
        together = self._groups[one] == self._groups[other]
        return together and not {one, other} & self.silent

    def separate(self, names: Iterable[str]) -> None:
        """Put some nodes into a part of the network of their own."""
        self._last_group += 1
        for name in names:
            self._groups[name] = self._last_group

    def join(self, names: Iterable[str]) -> None:
        """Bring nodes back into the undivided network once they have found their peers."""
        waiting = list(names)
        self.separate(waiting)
        expected = self._last_group
        asyncio.get_running_loop().call_later(self.settings.reconnect, self._joined, expected)

    def _joined(self, expected: int) -> None:
        names = [name for name, group in self._groups.items() if group == expected]
        for name in names:
            self._groups[name] = _TOGETHER
        self.exchange_chains()

    def exchange_chains(self) -> None:
        """Let all nodes that hear each other compare their chains."""
        for node in self.nodes.values():
            peers = [peer for peer in self._peers(node) if peer.forks.height > node.forks.height]
            if peers:
                self._fetch(node, max(peers, key=lambda peer: peer.forks.height))

    # -- messages ---------------------------------------------------------------------------------

    def send_transaction(self, sender: ChainNode, transaction: Transaction) -> None:
        """Pass a transaction on to the sender's peers; it is told once and never again."""
        if sender.swallows:
            return
        for peer in self._peers(sender):
            self._deliver(sender, peer, lambda to: _take_transaction(to, transaction))

    def send_block(self, sender: ChainNode, block: SignedBlock) -> None:
        """Pass a block on to the sender's peers."""
        for peer in self._peers(sender):
            self._deliver(sender, peer, lambda to: self._take_block(sender, to, block))

    def _spread(self, maker: ChainNode, block: SignedBlock) -> None:
        if self.orphaning and self.orphaning.takes(maker, block):
            for node in self.orphaning.onlookers(maker):
                self._deliver(maker, node, lambda to: self._take_block(maker, to, block))
        else:
            self.send_block(maker, block)

    def _peers(self, node: ChainNode) -> list[ChainNode]:
        return [
            peer
            for peer in self.nodes.values()
            if peer is not node and self.reachable(node.name, peer.name)
        ]

    def _deliver(
        self, sender: ChainNode, receiver: ChainNode, take: Callable[[ChainNode], None]
    ) -> None:
        delay = self.settings.latency
        delay += self.lag.get(sender.name, 0.0) + self.lag.get(receiver.name, 0.0)

        def arrive() -> None:
            if self.reachable(sender.name, receiver.name):
                take(receiver)

        asyncio.get_running_loop().call_later(delay, arrive)

    def _take_block(self, sender: ChainNode, receiver: ChainNode, block: SignedBlock) -> None:
        if receiver.forks.knows(block.header.previous):
            self._push(receiver, block)
        else:
            self._fetch(receiver, sender)

    def _fetch(self, node: ChainNode, peer: ChainNode) -> None:
        """Take over what a peer's chain has and the node lacks."""
        missing = []
        block_id = peer.forks.head
        while not node.forks.knows(block_id):
            missing.append(peer.ledger.block(block_id))
            block_id = missing[-1].header.previous
        for block in reversed(missing):
            self._push(node, block)

    def _push(self, node: ChainNode, block: SignedBlock) -> None:
        try:
            moved = node.push_block(block)
        except InvalidBlockError as error:
            _log.warning("%s refuses a block: %s", node.name, error)
            return
        if moved:
            self._announce()

    # -- slots ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Produce blocks by the wall clock until cancelled."""
        interval = self.settings.interval
        while True:
            now = time.time()
            slot = int(now // interval + 1) * interval
            await asyncio.sleep(slot - now)
            if time.time() - slot > _LATEST_PRODUCTION:
                _log.warning("slot %s stays empty: this process woke too late for it", slot)
                continue
            try:
                self.produce(slot)
            except Exception:  # a listener's mistake must not halt the chain for everybody
                _log.exception("something failed in slot %s", slot)

    def produce(self, slot: int) -> None:
        """Let every node make the block of a slot, if the slot is its own."""
        for node in self.nodes.values():
            if node.name in self.silent or (self.orphaning and self.orphaning.rests(node)):
                continue
            made = node.produce(slot, self.settings.required_participation)
            if made.block is not None:
                self._spread(node, made.block)
                self._announce()

    def build(self, slot: int) -> None:
        """Fill a past slot at once, before there is anybody to be late."""
        for maker in self.nodes.values():
            made = maker.produce(slot, self.settings.required_participation)
            if made.block is None:
                continue
            for node in self.nodes.values():
                node.push_block(made.block)

    # -- what it has come to ----------------------------------------------------------------------

    def canonical(self) -> ChainState:
        """Return the head state of the longest chain among the nodes that are alive."""
        alive = [node for node in self.nodes.values() if node.name not in self.silent]
        return max(alive or self.nodes.values(), key=lambda node: node.forks.height).state

    async def wait_for(
        self, predicate: Callable[[ChainState], bool], timeout: float = 30.0
    ) -> ChainState:
        """Wait until the canonical head state meets a condition, and return it.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while not predicate(state := self.canonical()):
                await self._changed.wait()
        return state

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _take_transaction(node: ChainNode, transaction: Transaction) -> None:
    try:
        node.push_transaction(transaction)
    except RefusedError as refusal:  # a peer's transaction that does not fit here is dropped
        _log.debug("%s drops transaction %s: %s", node.name, transaction.id, refusal)
