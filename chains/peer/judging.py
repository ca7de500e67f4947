"""How each peer of a search stands towards the longest valid chain, once that is known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from chains.ancestor import last_common
from chains.errors import ChainError, InvalidBlockError, PeerError, TooMuchError
from chains.peer.candidate import Candidate, Found
from chains.peer.client import MOST_HEIGHTS
from chains.peer.findings import Standing
from chains.peer.held import Held
from chains.standing import Divergence, Verdict
from chains.words import blocks, forked

Hashes = Callable[[Sequence[int]], Awaitable[Sequence[str | None]]]


class Longest:
    """The longest valid chain: the held one, or what was found, which may share blocks with it."""

    def __init__(self, held: Held, length: int, tip: str, found: Found | None) -> None:
        self._held, self._found = held, found
        self.length, self.tip = found.end if found else (length, tip)

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        """Return its hashes at some heights, None beyond its end."""
        found = self._found
        if found is None:
            return await self._held.hashes(heights)
        below = [height for height in heights if height <= found.fork]
        held = iter(await self._held.hashes(below) if below else [])
        return [
            next(held) if height <= found.fork else found.trail.hash_at(height)
            for height in heights
        ]


async def standing_of(peer: Candidate, longest: Longest, timeout: float) -> Standing:
    """Return how a peer stands; where it left the chain is asked of it if need be, for a while."""
    if peer.error is not None:
        return _troubled(peer, peer.error)
    if peer.found is not None and peer.head is None:
        return await _placed(peer, longest, *peer.found.end, _trail_of(peer.found))
    if peer.head is None:
        return Standing(peer.name, Verdict.UNREACHABLE, detail="was not done in time")
    length, tip = peer.head.length, peer.head.hash
    try:
        async with asyncio.timeout(timeout):
            return await _placed(peer, longest, length, tip, peer.client.hashes)
    except (ChainError, TimeoutError):
        said = "on a fork, and did not tell since when"
        return Standing(peer.name, Verdict.FORKED, length, tip, detail=said)


async def _placed(
    peer: Candidate, longest: Longest, length: int, tip: str, theirs: Hashes
) -> Standing:
    behind = longest.length - length
    if length <= longest.length and (not length or await longest.hashes([length]) == [tip]):
        if not behind:
            return Standing(peer.name, Verdict.CANONICAL, length, tip)
        said = f"{blocks(behind)} behind block {longest.length}"
        return Standing(peer.name, Verdict.BEHIND, length, tip, detail=said)
    if peer.deep is not None:
        common = peer.deep.fork
    else:

        async def alike(heights: Sequence[int]) -> list[bool]:
            there, here = await asyncio.gather(theirs(heights), longest.hashes(heights))
            return [a is not None and a == b for a, b in zip(there, here, strict=True)]

        most = min(length, longest.length)
        common = await last_common(0, most, alike, at_once=MOST_HEIGHTS)
    away = Divergence(common, length - common)
    said = forked(away)
    if peer.deep is not None and behind < 0:
        said += f", which would replace {blocks(peer.deep.abandoned)} of ours: more than allowed"
        said += "" if peer.deep.verified else ", if it is valid, which there was no time to verify"
    elif not behind:
        said += ", as long as ours"
    return Standing(peer.name, Verdict.FORKED, length, tip, away, said)


def _trail_of(found: Found) -> Hashes:
    async def hashes(heights: Sequence[int]) -> list[str | None]:
        return [found.trail.hash_at(height) for height in heights]

    return hashes


def _troubled(peer: Candidate, error: ChainError) -> Standing:
    length, tip = (peer.head.length, peer.head.hash) if peer.head else (None, None)
    invalid = isinstance(error, InvalidBlockError | TooMuchError)
    detail = error.detail if isinstance(error, PeerError) else str(error)
    verdict = Verdict.INVALID if invalid else Verdict.UNREACHABLE
    return Standing(peer.name, verdict, length, tip, detail=detail)
