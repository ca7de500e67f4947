"""A block that the network leaves: some see it, and the chain goes on without it."""

from __future__ import annotations

from collections.abc import Mapping

from devnet.blocks import SignedBlock
from devnet.node import ChainNode


class Orphaning:
    """Sees to it that the next block with a transaction is left, of those that `nodes` make.

    Only nodes without keys hear of it. Its maker rests until it has left its own block for the
    longer chain of the others, whose keys must be in force for some witness.
    """

    def __init__(self, nodes: Mapping[str, ChainNode], *, again: bool) -> None:
        self._nodes = nodes
        self._again = again
        self._maker = ""
        self._block: SignedBlock | None = None

    @property
    def victim(self) -> tuple[str, int] | None:
        """Return who made the block to be left, and for which slot; None until there is one."""
        return (self._maker, self._block.header.time) if self._block else None

    def takes(self, maker: ChainNode, block: SignedBlock) -> bool:
        """Tell whether a new block is the one to be left."""
        if self._block is not None or not block.transactions:
            return False
        self._maker, self._block = maker.name, block
        if not self._again:
            for node in self._nodes.values():
                node.forget({transaction.id for transaction in block.transactions})
        return True

    def onlookers(self, maker: ChainNode) -> list[ChainNode]:
        """Return who hears of it."""
        return [node for node in self._nodes.values() if not node.keys and node is not maker]

    def rests(self, node: ChainNode) -> bool:
        """Tell whether a node makes no blocks now, since it would build on the one to be left."""
        block = self._block
        return block is not None and node.name == self._maker and _follows(node, block)


def _follows(node: ChainNode, block: SignedBlock) -> bool:
    return node.forks.at(block.number) == block.id
