"""What the search needs of a node that holds a chain: to look at its chain, and a place to put the
blocks of another one until that is adopted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chains.peer.blocks import PeerBlock


class Held(Protocol):
    """The chain that is held; it may be empty, and doesn't change while a search is under way."""

    async def length(self) -> int:
        """Return its length in blocks."""

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        """Return the blocks' hashes at some heights (up to a few thousand), None beyond the tip."""

    async def size(self, height: int) -> int:
        """Return what its blocks up to a height take as JSON, in bytes."""

    async def block(self, height: int) -> PeerBlock | None:
        """Return a block, None beyond the tip."""


class Sink(Protocol):
    """Where a better chain is put together, block by block, while it is verified."""

    async def begin(self, fork_height: int) -> None:
        """Forget what came before; what comes follows the held block of this height (0: none)."""

    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        """Take verified blocks, each of which follows the one before it."""
