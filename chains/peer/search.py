"""Finding the longest valid chain among peers, for a node that holds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chains.peer.connection import Network
from chains.peer.findings import Outcome
from chains.peer.held import Held, Sink
from chains.peer.memo import Memory
from chains.settings import PeerChainSettings, PeerSettings

OnProgress = Callable[[int, int, str], None]
"""Told how many blocks were verified, of how many (0: not known), and of which peer."""


async def find_longest(
    network: Network,
    peers: Sequence[PeerSettings],
    held: Held,
    sink: Sink,
    settings: PeerChainSettings,
    *,
    memory: Memory | None = None,
    max_depth: int | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Ask all peers at once for the longest valid chain; what replaces the held one is in the sink.

    Ends within `settings.deadline` seconds, whatever the peers do. A peer that can't be asked, or
    lies, is no error but has its standing. Every block in the sink is verified, follows the one
    before it, and the first one follows the held block of height `best.fork`; what is in the sink
    without a `best` is worth nothing.

    Args:
        network: the way to peers, kept open from search to search.
        peers: whom to ask.
        held: the chain that only a longer one replaces.
        sink: takes the blocks of a longer chain.
        settings: the proof rule and the limits.
        memory: what is kept from search to search, so that an unchanged chain costs little.
        max_depth: how many held blocks may be replaced at most, None for any number.
        on_progress: told how far it is.
    """
    raise NotImplementedError
