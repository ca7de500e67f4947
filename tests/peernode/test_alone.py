"""A node that runs alone keeps the protocol's rule, and its parts know of each other."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from chains.peer.blocks import PeerBlock, Proof
from peernode import mining
from peernode.mining import find_proof
from tests.peernode.made import chain, held, put
from tests.peernode.running import running


async def test_it_gives_way_to_a_longer_chain_however_many_of_its_own_blocks_go(
    tmp_path: Path,
) -> None:
    """A replica would ask a person from 100 blocks on, as it is configured by default."""
    longer = chain(152, stamp=4.0)
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url]) as ours,
    ):
        await put(ours.node.store, chain(151, stamp=3.0))
        await put(one.node.store, longer)
        resolution = await ours.node.resolver.resolve()
        assert (resolution.replaced, resolution.depth) == (True, 151)
        assert await held(ours.node.store) == [block.body for block in longer]


async def test_it_mines_no_further_on_a_chain_that_it_gave_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = chain(4, stamp=3.0)
    begun: list[str] = []
    searched = threading.Event()

    def noted(rule: Proof, last: PeerBlock, stop: threading.Event) -> int | None:
        begun.append(last.hash)
        searched.set()
        if len(begun) > 1:
            return find_proof(rule, last, stop)
        assert stop.wait(20), "the search goes on"
        return None

    monkeypatch.setattr(mining, "find_proof", noted)
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url]) as ours,
    ):
        await put(one.node.store, longer)
        mine = asyncio.create_task(ours.client.get("/mine", timeout=30))
        await asyncio.to_thread(searched.wait, 20)
        assert (await ours.client.get("/nodes/resolve")).json()[
            "message"
        ] == "Our chain was replaced"
        assert (await mine).json()["index"] == 5
        assert begun[1] == longer[-1].hash
