"""The one branch that is put together while several peers' chains are read at once.

Which chain wins is known at the end only, and none is held whole. But chains mostly have the same
beginning. So the branch is no peer's: whoever first reads blocks that follow its newest one adds
them, and the others' are left out. Where chains part, the first one to come is followed; should
another one win, it has to be read again from where they parted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from chains.peer.blocks import PeerBlock
from chains.peer.held import Held, Sink
from chains.peer.trail import Trail

_MOST_WAITING = 8 * 1024 * 1024
"""Bytes of blocks that may wait for the sink before reading waits for it, too."""

_AT_ONCE = 5000
"""Blocks, about, that the sink gets at a time at most."""

_NOWHERE = (-1, "")


class Stage:
    """`position` is (height, hash) of the newest block that was put together, or is held as well.

    `fork` is the height where the branch leaves the held chain, None while it has not. A branch
    that leaves it below `lowest` is not put together.
    """

    def __init__(self, held: Held, sink: Sink, lowest: int) -> None:
        self._held, self._sink, self._lowest = held, sink, lowest
        self._queue: deque[list[PeerBlock]] = deque()
        self._waiting = 0
        self._changed = asyncio.Condition()
        self.position = (0, "")
        self.fork: int | None = None

    async def run(self) -> None:
        """Hand to the sink what is offered, until cancelled."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._queue)
            count, blocks = self._next()
            await self._put(blocks)
            async with self._changed:
                for _ in range(count):
                    self._queue.popleft()
                if self.position == _NOWHERE:
                    self._queue.clear()
                self._waiting = self._waiting - _bytes(blocks) if self._queue else 0
                self._changed.notify_all()

    def _next(self) -> tuple[int, list[PeerBlock]]:
        """Return the first pieces of the queue, how many and what is in them.

        What waits is handed over at once, since every time costs the sink a transaction.
        """
        count, blocks = 0, list[PeerBlock]()
        for piece in self._queue:
            if len(blocks) >= _AT_ONCE:
                break
            blocks += piece
            count += 1
        return count, blocks

    async def enter(self, height: int, block_hash: str) -> None:
        """Take it that a chain which may be offered has the held block of a height."""
        await self.settled()
        if self.fork is None and height > self.position[0] >= 0:
            self.position = height, block_hash

    async def wants(self, before: Trail, after: Trail) -> bool:
        """Tell whether of the blocks between two states of a chain some would be taken."""
        height, block_hash = self.position
        if not before.length <= height < after.length:
            return False
        if height and not after.has(height, block_hash):
            return False
        if self.fork is None and not self._queue:
            held = await self._held.hashes([after.length])
            if held == [after.tip]:
                await self.enter(after.length, after.tip)
                return False
        return True

    async def offer(self, before: tuple[int, str], blocks: Sequence[PeerBlock]) -> bool:
        """Take those of some blocks that follow the newest one, then wait until there is room.

        `before` is what precedes them: height and hash. To be cancelled does no harm. Tells whether
        anything was taken.
        """
        following = self._following(before, blocks)
        if following:
            # At once, so that whoever reads the same blocks meanwhile knows that they are taken.
            self._queue.append(following)
            self._waiting += _bytes(following)
            self.position = following[-1].height, following[-1].hash
            async with self._changed:
                self._changed.notify_all()
                await self._changed.wait_for(lambda: self._waiting < _MOST_WAITING)
        return bool(following)

    async def settled(self) -> None:
        """Wait until all that was taken is in the sink."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._queue)

    async def restart(self, height: int, block_hash: str) -> None:
        """Begin anew behind a held block (0, "": before the first one)."""
        await self.settled()
        self.position, self.fork = (height, block_hash), None

    def _following(self, before: tuple[int, str], blocks: Sequence[PeerBlock]) -> list[PeerBlock]:
        if before == self.position:
            return list(blocks)
        known = self.position[0] - before[0] - 1
        if 0 <= known < len(blocks) and blocks[known].hash == self.position[1]:
            return list(blocks[known + 1 :])
        return []

    async def _put(self, blocks: list[PeerBlock]) -> None:
        if self.fork is None:
            held = await self._held.hashes([block.height for block in blocks])
            same = sum(block.hash == other for block, other in zip(blocks, held, strict=True))
            if same == len(blocks):
                return
            fork = blocks[same].height - 1
            if fork < self._lowest:
                self.position = _NOWHERE
                return
            self.fork = fork
            await self._sink.begin(fork)
            blocks = blocks[same:]
        await self._sink.add(blocks)


def _bytes(blocks: Sequence[PeerBlock]) -> int:
    return sum(len(block.body) for block in blocks)
