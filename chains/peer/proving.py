"""Verifying a branch that may not replace the held chain, so that it is known to be no mere claim.

Nothing of it is kept but how far it is verified, from where the next search goes on: a hash covers
all blocks before it, so that what was verified once holds for whoever has that block.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from chains.errors import ChainError, InvalidBlockError, PeerUnreachableError
from chains.peer.blocks import PeerBlock
from chains.peer.candidate import Candidate
from chains.peer.client import MOST_HEIGHTS
from chains.peer.course import Course
from chains.peer.findings import Branch
from chains.peer.inquiry import Inquiry
from chains.peer.memo import Proven
from chains.peer.ranges import read_range

_AT_ONCE = 8
"""Branches that are read at once; the longest claims are first."""

_MOST = 5.0
"""Seconds that it takes at most: what may be taken waits for it, and so does whoever asked."""

_FIRST = 1.0
"""Seconds within which a block has to come, if there are as many: a claim that nothing follows is
none. What comes too slowly to be verified wholly is one, and goes on in the next search."""

_LEAST = 0.5
"""Seconds that each of those who claim the same gets at least, while there are any."""


async def prove_branches(inquiry: Inquiry, peers: Sequence[Candidate], limit: float) -> None:
    """Verify the branches of peers that go too deep to be taken, for `limit` seconds at most.

    One that is verified is marked as such, and so is every other peer's that ends in the same
    block; a peer whose branch is none has its error. Every branch gets a like share of the time.
    """
    claims: dict[tuple[int, str], list[Candidate]] = {}
    for peer in sorted(peers, key=lambda each: each.claim[0], reverse=True):
        claims.setdefault(peer.claim, []).append(peer)
    slots, left = asyncio.Semaphore(_AT_ONCE), len(claims)
    until = time.monotonic() + min(limit, _MOST)

    async def in_turn(group: Sequence[Candidate]) -> None:
        nonlocal left
        async with slots:
            rounds, now = -(-left // _AT_ONCE), time.monotonic()
            await _prove_claim(inquiry, group, now + (until - now) / rounds)
            left -= 1

    tasks = [asyncio.create_task(in_turn(each)) for each in claims.values()]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _prove_claim(inquiry: Inquiry, peers: Sequence[Candidate], until: float) -> None:
    """Verify what several peers claim, by whoever of them gives it."""
    claim = peers[0].claim
    for number, peer in enumerate(peers):
        left = until - time.monotonic()
        limit = min(left, max(left / (len(peers) - number), _LEAST))
        try:
            async with asyncio.timeout(limit):
                await _prove(inquiry, peer, peers)
        except TimeoutError:
            if limit >= _FIRST and peer.course.declared is None:
                peer.error = PeerUnreachableError(peer.name, "was not done in time")
            continue
        except ChainError as error:
            peer.error = error
            continue
        proven = peer.deep
        if proven and proven.verified and (proven.length, proven.tip) == claim:
            for each in peers:
                if each.claim == claim:
                    # Where it leaves ours is proven, too, whatever the others said of that.
                    each.deep = replace(proven, peer=each.name)
            return


async def _prove(inquiry: Inquiry, peer: Candidate, group: Sequence[Candidate]) -> None:
    """Verify a peer's branch, or the one that it has by now.

    Raises:
        ChainError: it can't be fetched, or is not valid, or not what was claimed.
    """
    try:
        await _read(inquiry, peer, group)
    except InvalidBlockError:
        if not await inquiry.look_again(peer):
            raise
        await _read(inquiry, peer, group)


async def _read(inquiry: Inquiry, peer: Candidate, group: Sequence[Candidate]) -> None:
    """Read and verify what isn't verified yet of a peer's branch, if it has one."""
    branch, held = peer.deep, inquiry.held
    if branch is None:
        return
    before = await held.block(branch.fork) if branch.fork else None
    base = (before.height, before.hash) if before else (0, "")
    [denied] = await held.hashes([branch.fork + 1])
    known = await _known(inquiry, peer, branch, group, base)
    last, first = (known.newest, known.first) if known else (before, "")
    if first == denied:
        known, last, first = None, before, ""
    size = known.size if known else 0

    async def take(_before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
        nonlocal last, first, size
        first, last = first or blocks[0].hash, blocks[-1]
        if first == denied:
            said = "it has the block that it denied to have"
            raise InvalidBlockError(branch.fork + 1, "hash", said)
        size += sum(len(block.body) for block in blocks)
        proven = Proven(base, first, last._replace(body=b""), size)
        inquiry.memory.note_branch(peer.client.peer.url, proven)

    rule = inquiry.settings.proof
    most = inquiry.settings.max_bytes - await held.size(branch.fork) - size
    peer.course = Course.begun(time.monotonic())
    await read_range(peer.client, last, branch.length, rule, peer.course, take, most=most)
    if last is None or last.hash != branch.tip:
        raise InvalidBlockError(branch.length, "tip", "it is another block than claimed")
    peer.deep = replace(branch, verified=True)


async def _known(
    inquiry: Inquiry,
    peer: Candidate,
    branch: Branch,
    group: Sequence[Candidate],
    base: tuple[int, str],
) -> Proven | None:
    """Return how far a branch is verified as far as anybody knows, None where nothing is known.

    What follows another block of ours says nothing of it, even if both have a part in common.
    """
    remembered = (inquiry.memory.branch(each.client.peer.url) for each in group)
    fitting = [
        each
        for each in remembered
        if each is not None and each.base == base and each.newest.height <= branch.length
    ]
    for each in fitting:
        if (each.newest.height, each.newest.hash) == (branch.length, branch.tip):
            return each
    fitting = sorted(fitting, key=lambda each: each.newest.height)[-MOST_HEIGHTS:]
    if not fitting:
        return None
    theirs = await peer.client.hashes([each.newest.height for each in fitting])
    same = [each for each, b in zip(fitting, theirs, strict=True) if each.newest.hash == b]
    return same[-1] if same else None
