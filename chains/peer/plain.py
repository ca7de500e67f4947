"""Reading the whole chain of a peer that has no other answer."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chains.peer.blocks import PeerBlock
from chains.peer.client import PeerClient
from chains.peer.course import Course
from chains.peer.memo import CHUNK, Body, Memory
from chains.peer.ranges import Take
from chains.peer.stream import Whole
from chains.peer.trail import Trail

Wanted = Callable[[Trail, Trail], Awaitable[bool]]
"""Tells whether the blocks between two states of a chain are wanted, not only what they are."""


@dataclass(frozen=True, slots=True)
class Read:
    """A whole chain that was read and verified.

    `remainder` are the blocks in its last bytes, if these were taken apart, which were not given
    away; `before` is what precedes them.
    """

    whole: Whole
    before: tuple[int, str]
    remainder: Sequence[PeerBlock]


async def read_whole(
    client: PeerClient,
    start: Whole,
    memory: Memory,
    course: Course,
    wanted: Wanted,
    take: Take,
) -> Read:
    """Read and verify a peer's whole chain, and have its blocks taken but for those at the end.

    Of a part whose worth is remembered the blocks are taken only if they are `wanted`.

    Raises:
        InvalidBlockError: it is no valid chain, or not as long as it says.
        PeerError: it can't be reached, stops sending, sends too much or something else.
    """
    reading = _Reading(client, start, memory, wanted)
    buffer = bytearray()
    async with client.whole() as (size, pieces):
        course.size, course.declared = size, size.bytes
        async for piece in pieces:
            course.takes(len(piece), time.monotonic())
            buffer += piece
            while len(buffer) >= CHUNK:
                before, blocks = await reading.take(bytes(buffer[:CHUNK]))
                del buffer[:CHUNK]
                if blocks:
                    await take(before, blocks)
    before, remainder = await reading.take(bytes(buffer))
    reading.state.finished()
    body = Body(size, reading.state, time.monotonic())
    memory.note_body(client.peer.url, body)
    return Read(reading.state, before, remainder)


class _Reading:
    def __init__(self, client: PeerClient, start: Whole, memory: Memory, wanted: Wanted) -> None:
        self._client, self._memory, self._wanted = client, memory, wanted
        self._hash = hashlib.sha256()
        self.state = start

    async def take(self, chunk: bytes) -> tuple[tuple[int, str], Sequence[PeerBlock]]:
        """Return the blocks in some bytes, behind what precedes them; none if they are known."""
        self._hash.update(chunk)
        digest, before = self._hash.digest(), self.state.trail
        known = self._memory.state(digest)
        blocks: Sequence[PeerBlock] = ()
        if known is not None and not await self._wanted(before, known.trail):
            self.state = known
        else:
            self.state, blocks = await self._client.pace.take(
                self._client.name, self.state.fed, chunk
            )
            self._memory.remember(digest, self.state)
        return (before.length, before.tip), blocks
