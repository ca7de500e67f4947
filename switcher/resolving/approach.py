"""Asking a peer to adopt the longest chain, by its own two routes for that.

The only calls by which the switcher changes anything at a peer. They go through the guarded
connection that reading does; what comes back is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chains.errors import PeerError
from chains.peer.connection import Network, open_network
from chains.settings import PeerChainSettings, PeerSettings

_PATIENCE = 300.0
"""Seconds for an answer: an existing node asks all that it knows one after another, and fetches
whole chains, before it says a word."""

_SMALL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the peer took the replica's address, and what it said that was no yes, else ""."""

    registered: bool = False
    refusal: str = ""


async def ask(chain: PeerChainSettings, peer: PeerSettings, advertise: str | None) -> Answer:
    """Have a peer register a URL (None: it has it already), and resolve."""
    registered = False
    try:
        # A connection of its own: one that was kept alive may be closed when it is used.
        async with open_network(replace(chain, probe_timeout=_PATIENCE)) as network:
            if advertise is not None:
                body = {"nodes": [advertise]}
                if said := await _said_no(network, peer, "POST", "/nodes/register", body):
                    return Answer(refusal=f"{said}; it has to allow {advertise}")
                registered = True
            said = await _said_no(network, peer, "GET", "/nodes/resolve")
    except PeerError as error:
        said = error.detail
    return Answer(registered, said)


async def _said_no(
    network: Network,
    peer: PeerSettings,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> str:
    """Return how a peer refused, "" if it did not; of its answer only the status is looked at."""
    async with network.ask(peer, path, method=method, body=body, most=_SMALL) as reply:
        if 200 <= reply.status < 300:
            return ""
        return f"answered {path} with status {reply.status}"
