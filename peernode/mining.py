"""Finding a proof and forging the block, without holding anything else up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import structlog

from chains.peer.blocks import PeerBlock, Proof
from peernode.errors import ChainMovedError, StoppingError
from peernode.store import Store

_log = structlog.get_logger("peernode.mining")


def find_proof(rule: Proof, last: PeerBlock, stop: threading.Event) -> int | None:
    """Return the first proof that follows a block, None if it was told to stop before."""
    for proof in count():
        if rule.holds(last.proof, proof, last.hash):
            return proof
        if stop.is_set():
            return None
    return None


class Miner:
    """Forges one block at a time, in a thread of its own; others who ask wait for their turn.

    Should another chain be adopted meanwhile, the search begins again at its end: who asked gets a
    block, and one that is part of the chain.
    """

    def __init__(self, store: Store, rule: Proof, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._rule = rule
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mining")
        self._turn = asyncio.Lock()
        self._stop = threading.Event()
        self._closed = False

    async def mine(self) -> dict[str, Any]:
        """Return a new block; it is part of the chain.

        A caller who is cancelled ends the search.

        Raises:
            StoppingError: the node is being stopped.
            StoreError: the database can't be used.
        """
        async with self._turn:
            while True:
                last = await self._store.tip()
                assert last is not None, "a node that mines has a first block"
                proof = await self._search(last)
                if proof is None:
                    continue
                try:
                    block = await self._store.forge(last, proof, self._clock())
                except ChainMovedError:
                    continue
                _log.info("block forged", height=block["index"])
                return block

    def abandon(self) -> None:
        """Give up the search under way, since the chain has another end by now."""
        self._stop.set()

    def stop(self) -> None:
        """End the search, and refuse to begin another."""
        self._closed = True
        self._stop.set()

    async def close(self) -> None:
        """Stop, and wait until nothing of it goes on."""
        self.stop()
        await asyncio.to_thread(self._thread.shutdown)

    async def _search(self, last: PeerBlock) -> int | None:
        if self._closed:
            raise StoppingError("The node is being stopped.")
        self._stop = stop = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, find_proof, self._rule, last, stop)
        finally:
            stop.set()
