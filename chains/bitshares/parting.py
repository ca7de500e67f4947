"""Where a node's chain leaves the followed one: found by asking the node, proven by one block."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chains.ancestor import last_common
from chains.bitshares.blocks import Block, check_hash
from chains.bitshares.follower import Follower
from chains.bitshares.judge import Parting
from chains.bitshares.objects import Reading
from chains.errors import BadReplyError, InvalidBlockError, MalformedDataError

AskHeader = Callable[[int], Awaitable[Any]]
"""Asks the node for `get_block_header` of a height."""

FetchBlock = Callable[[int], Awaitable[Block]]

_HEADERS_AT_ONCE = 16
"""Of a height's range of 2,000 blocks the point is found in three questions of so many headers."""


class PartingSearch:
    """Finds where one node left the followed chain, and knows its fork again afterwards.

    A header names the block before it, which is the node's word; what it leads to is proven by the
    node's first own block, whose id is worked out and whose header is verified.
    """

    def __init__(self, node: str, follower: Follower, header: AskHeader, fetch: FetchBlock) -> None:
        self._node = node
        self._follower = follower
        self._header = header
        self._fetch = fetch

    async def find(self, reading: Reading, known: Parting | None) -> Parting | None:
        """Return where the chain of a node's reading leaves the followed one, None if it doesn't.

        `known` is what was found last; on the same fork one header is asked for.

        Raises:
            NodeError: the node did not answer, or its answers contradict each other.
        """
        if known is not None and await self._still(reading, known):
            return known
        held = {entry.number: entry.id for entry in self._follower.entries()}
        oldest, newest = min(held), max(held)
        last = min(newest, reading.head_number)

        async def alike(heights: Sequence[int]) -> Sequence[bool]:
            ids = await self._ids(reading, heights)
            return [held[height] == found for height, found in zip(heights, ids, strict=True)]

        height = await last_common(oldest - 1, last, alike, at_once=_HEADERS_AT_ONCE)
        if height == oldest - 1:
            return Parting(height, exact=False)
        if height == last:
            return None
        return await self._proven(height, held[height], held[height + 1])

    async def _still(self, reading: Reading, known: Parting) -> bool:
        """Tell whether a node is on the fork that is known, and the followed chain is not."""
        oldest = self._follower.oldest
        if oldest is None:
            return False
        if not known.exact:
            return [oldest.id] != await self._ids(reading, [oldest.number])
        forgotten = known.height < oldest.number
        if reading.head_number <= known.height or self._follower.holds(known.first):
            return False
        if not forgotten and not self._follower.holds(known.parent):
            return False
        return [known.first] == await self._ids(reading, [known.height + 1])

    async def _ids(self, reading: Reading, heights: Sequence[int]) -> list[str]:
        """Return the ids of the node's blocks, as it says."""
        return list(await asyncio.gather(*(self._id(reading, height) for height in heights)))

    async def _id(self, reading: Reading, height: int) -> str:
        if height == reading.head_number:
            return reading.head_id
        found = await self._header(height + 1)
        try:
            previous: str = found["previous"]
            check_hash(previous)
        except (KeyError, TypeError, MalformedDataError) as error:
            raise BadReplyError(self._node, f"sent no header of block {height + 1}") from error
        return previous

    async def _proven(self, height: int, parent: str, other: str) -> Parting:
        block = await self._fetch(height + 1)
        if block.previous != parent or block.id == other:
            said = f"its headers and its block {height + 1} are not of one chain"
            raise BadReplyError(self._node, said)
        invalid = ""
        try:
            self._follower.check(block)
        except InvalidBlockError as error:
            invalid = str(error)
        return Parting(height, parent, block.id, invalid=invalid)
