"""With which blocks a watch begins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chains.bitshares.watch import Watch
from tests.support.chain import ForgedChain
from tests.support.scripted import ScriptedNode, scripted


class Counting(ScriptedNode):
    """An honest node that notes the lowest block that it was asked for."""

    lowest = 10**9

    def result(self, method: str, args: Sequence[Any]) -> Any:
        if method == "get_block":
            self.lowest = min(self.lowest, args[0])
        return super().result(method, args)


async def test_a_watch_verifies_as_many_blocks_at_the_start_as_it_is_told() -> None:
    chain = ForgedChain(interval=1)
    chain.run(300)
    node = Counting(chain)
    async with scripted(node) as settings:
        watch = Watch(replace(settings, verify_blocks=200))
        running = asyncio.create_task(watch.run())
        async with asyncio.timeout(20):
            while watch.follower.head is None:
                await watch.changed(watch.sequence)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert node.lowest == 98  # the end of a round of seven
