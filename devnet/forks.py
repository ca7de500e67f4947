"""A node's choice among forks: the longest chain wins, the first seen stays at equal length. Pure.

Source: bitshares-core, `libraries/chain/fork_database.cpp`, `db_block.cpp` (`_push_block`).
"""

from __future__ import annotations

from dataclasses import dataclass

from chains.bitshares.blocks import number_of
from devnet.ledger import Ledger
from devnet.state import NO_BLOCK


@dataclass(frozen=True, slots=True)
class Move:
    """What a new block changes: ids undone (newest first) and ids applied (oldest first)."""

    undone: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()


class ForkChoice:
    """The chain that a node follows and the other blocks that it knows."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._first = ledger.origin.number + 1
        self._chain: list[str] = []
        self._aside: set[str] = set()

    @property
    def head(self) -> str:
        """The id of the head block, zeros before the first."""
        return self._chain[-1] if self._chain else self._ledger.origin.id

    @property
    def height(self) -> int:
        """The number of the head block."""
        return self._first - 1 + len(self._chain)

    def at(self, number: int) -> str | None:
        """Return the id of the followed chain's block at a height, None if there is none."""
        index = number - self._first
        return self._chain[index] if 0 <= index < len(self._chain) else None

    def knows(self, block_id: str) -> bool:
        """Tell whether the node has this block, on its chain or aside."""
        return (
            block_id in {self._ledger.origin.id, NO_BLOCK}
            or block_id in self._aside
            or self.at(number_of(block_id)) == block_id
        )

    def insert(self, block_id: str, irreversible: int) -> Move:
        """Take a block whose predecessor is known, and return what that changes.

        A switch that would undo a block at or below `irreversible` is not made.
        """
        if self._ledger.block(block_id).header.previous == self.head:
            self._chain.append(block_id)
            return Move(applied=(block_id,))
        self._aside.add(block_id)
        if number_of(block_id) <= self.height:
            return Move()
        branch = self._branch(block_id)
        kept = number_of(branch[0]) - 1
        if kept < irreversible:
            return Move()
        undone = self._chain[kept - self._first + 1 :]
        del self._chain[kept - self._first + 1 :]
        self._aside.difference_update(branch)
        self._aside.update(undone)
        self._chain.extend(branch)
        return Move(tuple(reversed(undone)), tuple(branch))

    def _branch(self, block_id: str) -> list[str]:
        branch = []
        while block_id in self._aside:
            branch.append(block_id)
            block_id = self._ledger.block(block_id).header.previous
        return branch[::-1]
