"""Reading a range of blocks from a node of our own kind."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from chains.errors import InvalidBlockError, TooMuchError
from chains.peer.blocks import PeerBlock, Proof
from chains.peer.client import PeerClient
from chains.peer.course import Course
from chains.peer.lines import Lines

Take = Callable[[tuple[int, str], Sequence[PeerBlock]], Awaitable[None]]
"""Takes verified blocks that follow the block of a height and hash (0, "": the first ones)."""


async def read_range(
    client: PeerClient,
    last: PeerBlock | None,
    to: int,
    rule: Proof,
    course: Course,
    take: Take,
    *,
    most: int,
) -> None:
    """Read the blocks that follow `last` up to height `to`, and have them taken as they come.

    They may take `most` bytes, in however many answers they come.

    Raises:
        InvalidBlockError: one of them doesn't follow, or is no block, or isn't there.
        TooMuchError: they take more bytes.
        PeerError: it can't be reached, stops sending, or sends something else.
    """
    start = last.height if last else 0
    height = start

    async def taken(blocks: Sequence[PeerBlock]) -> None:
        nonlocal last, height
        if not blocks:
            return
        before, last = (height, last.hash if last else ""), blocks[-1]
        height = last.height
        if height > to:
            raise InvalidBlockError(height, "length", "there is one more than it says")
        course.declared = course.taken * (to - start) // (height - start)
        await take(before, blocks)

    while height < to:
        lines, begun = Lines(last, rule), height
        async with client.blocks(height + 1, to) as pieces:
            async for piece in pieces:
                course.takes(len(piece), time.monotonic())
                if course.taken > most:
                    raise TooMuchError(client.name, f"has more than {most:,} bytes of blocks")
                await taken(await client.pace.take(client.name, lines.fed, piece))
        await taken(await client.pace.take(client.name, lines.finished))
        if height == begun:
            raise InvalidBlockError(height + 1, "length", "there is none, though it says so")
