"""A node of ours that resolves, in a process of its own: `python -m bench.peers.ours`.

What it does is what `understudy node` does at `/nodes/resolve`, with its database on the disk.
First comes a line of JSON with a database and what is to be done: to hold the first blocks of a
chain in it, or to know some nodes. Then comes a line for each time that these are to be asked,
answered with what that took.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from bench.peers import chains
from bench.processes import resident_mb_of
from chains.peer.blocks import verify
from chains.peer.connection import open_network
from chains.settings import PeerChainSettings, PeerSettings
from peernode.resolve import Resolver
from peernode.store import Store

_BATCH = 1000


async def hold(database: str, file: Path, length: int) -> None:
    """Put the first blocks of a chain into a new database."""
    async with Store(f"sqlite:///{database}", chains.PROOF) as store:
        fork = await store.begin_staging(0)
        last = None
        with file.open("rb") as lines:
            held = islice(lines, length)
            while batch := [json.loads(line) for line in islice(held, _BATCH)]:
                verified = verify(last, batch, chains.PROOF)
                await store.stage(fork, verified)
                last = verified[-1]
        if last:
            await store.adopt(fork, last.hash, None)


async def serve(database: str, urls: list[str], limits: dict[str, Any]) -> None:
    """Resolve whenever a line says so; `limits` are those of the settings."""
    nodes = tuple(PeerSettings(f"p{number}", url) for number, url in enumerate(urls, 1))
    settings = replace(PeerChainSettings(nodes, chains.PROOF), **limits)
    async with (
        Store(f"sqlite:///{database}", chains.PROOF) as store,
        open_network(settings) as network,
    ):
        resolver = Resolver(store, network, settings, None)
        print(json.dumps(len(nodes)), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await _resolved(resolver)), flush=True)


async def _resolved(resolver: Resolver) -> dict[str, Any]:
    began = time.perf_counter()
    resolution = await resolver.resolve()
    return {
        "seconds": time.perf_counter() - began,
        "length": resolution.length,
        "tip": resolution.tip,
        "verdicts": Counter(str(peer.verdict) for peer in resolution.peers),
        "peak_mb": resident_mb_of(os.getpid(), peak=True),
    }


def main() -> None:
    """Do what the first line says, then resolve."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asked = json.loads(sys.stdin.readline())
    if "file" in asked:
        asyncio.run(hold(asked["database"], Path(asked["file"]), asked["length"]))
        print(json.dumps(asked["length"]), flush=True)
    else:
        asyncio.run(serve(**asked))


if __name__ == "__main__":
    main()
