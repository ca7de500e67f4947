"""One search among peers that are served for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chains.peer.connection import Network, open_network
from chains.peer.findings import Outcome
from chains.peer.memo import Memory
from chains.peer.search import OnProgress, find_longest
from chains.settings import PeerChainSettings, PeerSettings

from .made import EASY, Kept
from .nodes import Plain, Raw, serving


@asynccontextmanager
async def searching(
    peers: Sequence[PeerSettings], **limits: Any
) -> AsyncIterator[tuple[Network, PeerChainSettings]]:
    """Open the way to peers, for one search or several."""
    settings = PeerChainSettings(tuple(peers), EASY, **limits)
    async with open_network(settings) as network:
        yield network, settings


async def searched(
    held: Kept,
    *nodes: Plain | Raw,
    memory: Memory | None = None,
    max_depth: int | None = None,
    on_progress: OnProgress | None = None,
    deadline: float = 10.0,
    probe_timeout: float = 2.0,
    max_bytes: int = 1_000_000_000,
) -> Outcome:
    """Serve peers and search among them once."""
    limits = {"deadline": deadline, "probe_timeout": probe_timeout, "max_bytes": max_bytes}
    async with serving(*nodes) as peers, searching(peers, **limits) as (network, settings):
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
