"""What a peer sends is held in parts, however much of it comes at once."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

import pytest
from aiohttp import web

from chains.peer import stage
from chains.peer.blocks import PeerBlock, verify
from chains.peer.client import PeerClient
from chains.peer.connection import open_network
from chains.peer.stage import Stage
from chains.settings import PeerChainSettings

from .made import EASY, Kept, forged
from .nodes import Own, serving

BLOCKS = verify(None, forged(9), EASY)


class Slow(Kept):
    """A held chain whose database is busy until it is told that it isn't."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()

    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        await self.free.wait()
        await super().add(blocks)


async def test_whoever_sends_faster_than_the_database_writes_has_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stage, "_MOST_WAITING", len(BLOCKS[0].body) * 4)
    held = Slow()
    staging = Stage(held, held, 0)
    running = asyncio.create_task(staging.run())
    try:
        await staging.offer((0, ""), BLOCKS[:3])
        second = asyncio.create_task(staging.offer((3, BLOCKS[2].hash), BLOCKS[3:]))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not second.done()
        held.free.set()
        async with asyncio.timeout(5):
            assert await second
            await staging.settled()
        assert held.staged == BLOCKS
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_comes_packed_is_unpacked_piece_by_piece() -> None:
    node, size = Own(), 20_000_000
    packed = zlib.compress(bytes(size), 9, wbits=31)

    async def bomb(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    node.instead["/chain/blocks"] = bomb
    async with (
        serving(node) as peers,
        open_network(PeerChainSettings(tuple(peers))) as network,
        PeerClient(network, node.settings, size).blocks(1, 9) as pieces,
    ):
        lengths = [len(piece) async for piece in pieces]
    assert sum(lengths) == size
    assert max(lengths) <= 256 * 1024
