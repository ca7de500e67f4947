"""A short look at every peer: does it answer, and do its first blocks follow the configured rule?

The beginning of the whole chain is enough for that, and costs any node next to nothing: it is what
all of them can be asked for, and a rule that is not theirs fails at the second block.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from chains.errors import InvalidBlockError, PeerError
from chains.peer.client import PeerClient
from chains.peer.connection import Network, open_network
from chains.peer.stream import Whole
from chains.settings import PeerChainSettings, PeerSettings
from peernode.settings import ReplicaSettings
from understudy.doctor.peers import Look, Way

_ENOUGH = 100
"""Blocks."""

_SECONDS = 10.0


async def look_at_peers(settings: PeerChainSettings) -> list[Look]:
    """Return what came of a look at each peer, all of them at once."""
    async with open_network(settings) as network:
        looks = (_look(network, settings, peer) for peer in settings.nodes)
        return list(await asyncio.gather(*looks))


async def look_at_way(replica: ReplicaSettings) -> Way:
    """Return how peers get to the replica, and whether it can be got to from here."""
    named = PeerSettings("replica", replica.advertise)
    (look,) = await look_at_peers(PeerChainSettings((named,), replica.chain.proof))
    return Way(
        advertised=replica.advertise,
        host=_host(replica.advertise),
        listening=replica.host,
        peers={peer.name: _host(peer.url) for peer in replica.chain.nodes},
        trouble=look.trouble,
    )


async def _look(network: Network, settings: PeerChainSettings, peer: PeerSettings) -> Look:
    client = PeerClient(network, peer, settings.max_bytes)
    whole = Whole(settings.proof)
    try:
        async with asyncio.timeout(_SECONDS), client.whole() as (_, pieces):
            async for piece in pieces:
                whole, _ = whole.fed(piece)
                if whole.trail.length >= _ENOUGH:
                    return Look(peer.name, blocks=whole.trail.length)
            whole.finished()
    except InvalidBlockError as error:
        return Look(peer.name, wrong=str(error))
    except PeerError as error:
        return Look(peer.name, trouble=error.detail)
    except TimeoutError:
        return Look(peer.name, trouble=f"its chain's beginning took more than {_SECONDS:g} s")
    return Look(peer.name, blocks=whole.trail.length)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
