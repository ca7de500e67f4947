"""What the log is told of searches for the longest chain."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from chains.standing import Verdict
from peernode.resolution import Outcome, Resolution

_log = structlog.get_logger("peernode.resolve")


class Teller:
    """Tells what a search found that the last one did not: a replica looks again and again."""

    def __init__(self) -> None:
        self._found: tuple[Outcome, str] | None = None
        self._peers: Mapping[str, Verdict] = {}

    def tell(self, resolution: Resolution) -> None:
        """Log what became of our chain, and each peer whose verdict is another one now."""
        found = (resolution.outcome, resolution.sentence)
        if resolution.replaced or found != self._found:
            log = _log.warning if resolution.depth else _log.info  # our own blocks are at stake
            log("resolved", outcome=resolution.outcome, why=resolution.sentence)
        for peer in resolution.peers:
            if self._peers.get(peer.peer) is not peer.verdict:
                _log.info("peer", peer=peer.peer, verdict=peer.verdict, why=peer.detail)
        self._found = found
        self._peers = {peer.peer: peer.verdict for peer in resolution.peers}
