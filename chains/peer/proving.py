"""Verifying a branch that may not replace the held chain, so that it is known to be no mere claim.

Nothing of it is kept but how far it is verified, from where the next search goes on: a hash covers
all blocks before it, so that what was verified once holds for whoever has that block.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from chains.errors import ChainError, InvalidBlockError
from chains.peer.blocks import PeerBlock
from chains.peer.candidate import Candidate
from chains.peer.course import Course
from chains.peer.findings import Branch
from chains.peer.inquiry import Inquiry
from chains.peer.ranges import read_range

_AT_ONCE = 8
"""Branches that are read at once; the longest claims are first."""


async def prove_branches(inquiry: Inquiry, peers: Sequence[Candidate], limit: float) -> None:
    """Verify the branches of peers that go too deep to be taken, for `limit` seconds at most.

    One that is verified is marked as such, and so is every other peer's that ends in the same
    block; a peer whose branch is none has its error.
    """
    claims: dict[tuple[int, str], list[Candidate]] = {}
    for peer in sorted(peers, key=lambda each: each.claim[0], reverse=True):
        claims.setdefault(peer.claim, []).append(peer)
    slots = asyncio.Semaphore(_AT_ONCE)
    tasks = [asyncio.create_task(_prove_claim(inquiry, each, slots)) for each in claims.values()]
    try:
        done, _ = await asyncio.wait(tasks, timeout=limit) if tasks else (set(), set())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _prove_claim(
    inquiry: Inquiry, peers: Sequence[Candidate], slots: asyncio.Semaphore
) -> None:
    async with slots:
        for peer in peers:
            try:
                proven = await _prove(inquiry, peer, _branch_of(peer))
            except ChainError as error:
                peer.error = error
                continue
            if proven:
                for each in peers:
                    each.deep = replace(_branch_of(each), verified=True)
                return


async def _prove(inquiry: Inquiry, peer: Candidate, branch: Branch) -> bool:
    """Verify a branch; tell whether it is one: false where the peer has another one by now.

    Raises:
        ChainError: it can't be fetched, or is not valid, or not what was claimed.
    """
    try:
        await _read(inquiry, peer, branch)
    except InvalidBlockError:
        if await inquiry.asked_again(peer) in (None, peer.head):
            raise
        return False
    return True


async def _read(inquiry: Inquiry, peer: Candidate, branch: Branch) -> None:
    """Read and verify what isn't verified yet of a branch."""
    held, memory, url = inquiry.held, inquiry.memory, peer.client.peer.url
    last = await _known(inquiry, peer, branch)
    if last is None and branch.fork:
        last = await held.block(branch.fork)
    denied = await held.hashes([branch.fork + 1])

    async def take(_before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
        nonlocal last
        first, last = blocks[0], blocks[-1]
        if [first.hash] == denied:
            raise InvalidBlockError(first.height, "hash", "it has the block that it denied to have")
        memory.note_branch(url, last)

    rule, most = inquiry.settings.proof, inquiry.settings.max_bytes - await held.size(branch.fork)
    peer.course = Course.begun(time.monotonic())
    await read_range(peer.client, last, branch.length, rule, peer.course, take, most=most)
    if last is None or last.hash != branch.tip:
        raise InvalidBlockError(branch.length, "tip", "it is another block than claimed")


async def _known(inquiry: Inquiry, peer: Candidate, branch: Branch) -> PeerBlock | None:
    """Return up to where the branch was verified before, None where it wasn't or is another one."""
    known = inquiry.memory.branch(peer.client.peer.url)
    if known is None or not branch.fork < known.height <= branch.length:
        return None
    if known.height == branch.length:
        return known if known.hash == branch.tip else None
    return known if await peer.client.hashes([known.height]) == [known.hash] else None


def _branch_of(peer: Candidate) -> Branch:
    assert peer.deep is not None
    return peer.deep
