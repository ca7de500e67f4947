"""One search among peers that are served for it."""

from __future__ import annotations

from chains.peer.connection import open_network
from chains.peer.findings import Outcome
from chains.peer.memo import Memory
from chains.peer.search import OnProgress, find_longest
from chains.settings import PeerChainSettings

from .made import EASY, Kept
from .nodes import Plain, Raw, serving


async def searched(
    held: Kept,
    *nodes: Plain | Raw,
    memory: Memory | None = None,
    max_depth: int | None = None,
    deadline: float = 10.0,
    probe_timeout: float = 2.0,
    max_bytes: int = 1_000_000_000,
    on_progress: OnProgress | None = None,
) -> Outcome:
    async with serving(*nodes) as peers:
        settings = PeerChainSettings(
            tuple(peers), EASY, deadline=deadline, probe_timeout=probe_timeout, max_bytes=max_bytes
        )
        async with open_network(settings) as network:
            return await find_longest(
                network,
                peers,
                held,
                held,
                settings,
                memory=memory,
                max_depth=max_depth,
                on_progress=on_progress,
            )
