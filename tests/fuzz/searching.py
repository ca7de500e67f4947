"""A whole search among peers that answer with whatever they like, without a network in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from chains.peer.connection import Reply
from chains.peer.findings import Outcome
from chains.peer.pace import Pace
from chains.peer.search import find_longest
from chains.settings import PeerChainSettings, PeerSettings
from tests.chains.peer.made import EASY, Kept, forged
from tests.fuzz.oracle import assert_proven
from tests.fuzz.scripted import reply

HELD = forged(6)
THEIRS = forged(12, HELD[:4], by="beta")
PATHS = ("/chain/head", "/chain/hashes", "/chain/blocks", "/chain")
_DEADLINE = 2.0

Answers = Mapping[str, bytes | None]
"""By path; None: 404."""


class ByPath:
    """Answers the questions of each peer, by its name, with what is written down for it."""

    timeout = 0.5

    def __init__(self, answers: Mapping[str, Answers]) -> None:
        self._answers = answers
        self.pace = Pace()

    @asynccontextmanager
    async def ask(
        self, peer: PeerSettings, path: str, *, most: int, method: str = "GET", **_options: Any
    ) -> AsyncIterator[Reply]:
        """Answer a question."""
        await asyncio.sleep(0)
        body = self._answers[peer.name].get(path)
        yield reply(peer, body, method, most, self.timeout)


def search(*answers: Answers) -> Outcome:
    """Search among peers, and hold all that may be adopted against the protocol.

    Raises:
        AssertionError: a promise was broken.
    """
    by_name = {f"p{number}": each for number, each in enumerate(answers, 1)}
    peers = [PeerSettings(name, f"http://{name}") for name in by_name]
    held = Kept(HELD)
    settings = PeerChainSettings(tuple(peers), EASY, probe_timeout=0.5, deadline=_DEADLINE)
    network: Any = ByPath(by_name)

    async def find() -> Outcome:
        async with asyncio.timeout(_DEADLINE + 1.0):
            return await find_longest(network, peers, held, held, settings)

    outcome = asyncio.run(find())
    assert [standing.peer for standing in outcome.standings] == list(by_name)
    if outcome.best:
        assert held.fork == outcome.best.fork
        blocks = [*held.chain[: outcome.best.fork], *held.staged]
        assert_proven(blocks, EASY)
        assert len(blocks) == outcome.best.length > len(HELD)
        assert blocks[-1].hash == outcome.best.tip
    return outcome
