"""What is asked of one peer in a search: its claim, or its whole chain, or what follows ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from chains.ancestor import last_common
from chains.errors import InvalidBlockError, PeerError, PeerReplyError
from chains.peer.blocks import PeerBlock
from chains.peer.candidate import Allowance, Candidate, Found
from chains.peer.client import MOST_HEIGHTS
from chains.peer.course import Course
from chains.peer.findings import Branch
from chains.peer.held import Held
from chains.peer.memo import Memory
from chains.peer.plain import Read, read_whole
from chains.peer.ranges import Take, read_range
from chains.peer.stage import Stage
from chains.peer.stream import Whole
from chains.peer.trail import Trail
from chains.settings import PeerChainSettings

OnProgress = Callable[[int, int, str], None]
"""Told how many blocks were verified, of about how many, and of which peer."""

_WHOLE_AT_ONCE = 32
"""Whole chains that are read at once; each of them may take some MB of memory."""

_BYTES_A_BLOCK = 500
"""What a block takes at most, mostly; for how many blocks' hashes may be held at once."""


class Inquiry:
    """Asks peers on behalf of one search, for a held chain of `length` blocks that ends in `tip`.

    `lowest` is the height below which no branch may leave the held chain.
    """

    def __init__(
        self,
        held: Held,
        length: int,
        tip: str,
        lowest: int,
        settings: PeerChainSettings,
        memory: Memory,
        stage: Stage,
        on_progress: OnProgress | None,
    ) -> None:
        self.held, self.length, self.tip, self.lowest = held, length, tip, lowest
        self.settings, self.memory, self.stage = settings, memory, stage
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(_WHOLE_AT_ONCE)
        self._end: Read | None = None  # of the longest whole chain: its last blocks are in it
        self._allowance = Allowance(settings.max_bytes // _BYTES_A_BLOCK)

    async def examine(self, peer: Candidate) -> None:
        """Ask a peer what it claims; of one that speaks the plain protocol the chain is read.

        Raises:
            ChainError: it can't be asked, or has no valid chain.
        """
        url, now = peer.client.peer.url, time.monotonic()
        if not self.memory.is_plain(url, now):
            peer.head = await peer.client.head(self.length)
            if peer.head is not None:
                return
            self.memory.note_plain(url, now)
        known = self.memory.body(url, now)
        said = known is not None and known.size.bytes is not None
        if known is not None and said and await peer.client.size() == known.size:
            trail = known.whole.trail
            peer.found = Found(trail, await self._fork_of(trail))
            return
        async with self._slots:
            await self.read(peer)

    @property
    def is_crowded(self) -> bool:
        """Tell whether whole chains are read as many as may be, so that others wait."""
        return self._slots.locked()

    async def read(self, peer: Candidate) -> None:
        """Read a peer's whole chain, and put to the stage what that has a use for.

        Raises:
            ChainError: it can't be read, or is not valid.
        """
        peer.course, peer.reading = Course.begun(time.monotonic()), True
        start = Whole(self.settings.proof)
        try:
            read = await read_whole(
                peer.client, start, self.memory, peer.course, self._wants, self._take(peer)
            )
        except BaseException:
            self._allowance.give_back(peer.name)
            raise
        trail = read.whole.trail
        if read.remainder and (self._end is None or trail.length > self._end.whole.trail.length):
            self._end = read
        peer.found = Found(trail, await self._fork_of(trail))

    async def fetch(self, peer: Candidate) -> None:
        """Fetch what a node of our own kind has beyond the held chain, and put it to the stage.

        Raises:
            ChainError: it can't be fetched, or is not valid, or not what was claimed.
        """
        try:
            await self._fetch(peer)
        except InvalidBlockError:
            self._allowance.give_back(peer.name)
            if not await self._has_moved(peer):
                raise
            peer.tried = False
        except BaseException:
            self._allowance.give_back(peer.name)
            raise

    async def look_again(self, peer: Candidate) -> bool:
        """Tell whether a peer claims another chain by now; then that is what it is taken to have.

        It has a branch that goes too deep only if that is a longer chain which does.

        Raises:
            ChainError: it can't be asked where that forks.
        """
        if not await self._has_moved(peer):
            return False
        peer.deep = None
        if peer.claim[0] > self.length:
            fork = await self._fork_by_asking(peer)
            peer.deep = self._too_deep(peer, fork)
        return True

    async def _has_moved(self, peer: Candidate) -> bool:
        """Ask a peer, once, what it claims by now: it may have got another chain meanwhile."""
        if peer.asked_again:
            return False
        peer.asked_again = True
        try:
            again = await peer.client.head(self.length)
        except PeerError:
            return False
        if again in (None, peer.head):
            return False
        peer.head = again
        return True

    def _too_deep(self, peer: Candidate, fork: int) -> Branch | None:
        """Return what a peer claims to have, None if it leaves the held chain where it may."""
        if fork >= self.lowest:
            return None
        return Branch(peer.name, *peer.claim, fork, self.length - fork, verified=False)

    async def bring(self, peer: Candidate) -> None:
        """See to it that what was found of a peer is all in the sink; read it again if need be.

        Raises:
            ChainError: it has another chain meanwhile, or gives it no more.
        """
        found = peer.found
        assert found is not None
        if await self._is_staged(found):
            self._tell(peer, found.trail.length)
            return
        last = await self.held.block(found.fork) if found.fork else None
        await self.stage.restart(*((last.height, last.hash) if last else (0, "")))
        self._allowance.give_back(peer.name)
        self._end = None
        if peer.head is None:
            await self.read(peer)
        else:
            await self._fetch(peer)
        if peer.found is None or not await self._is_staged(peer.found):
            raise PeerReplyError(peer.name, "has another chain than a moment ago")

    async def _is_staged(self, found: Found) -> bool:
        end = self._end
        if end is not None and (end.whole.trail.length, end.whole.trail.tip) == found.end:
            await self.stage.offer(end.before, end.remainder)
        await self.stage.settled()
        return self.stage.position == found.end and self.stage.fork == found.fork

    async def _fetch(self, peer: Candidate) -> None:
        claim = peer.head
        assert claim is not None
        fork = await self._fork_by_asking(peer)
        peer.deep = self._too_deep(peer, fork)
        if peer.deep is not None:
            return
        last = await self.held.block(fork) if fork else None
        await self.stage.enter(*((last.height, last.hash) if last else (0, "")))
        trail = Trail(None, fork + 1, b"")
        put = self._take(peer)

        async def take(before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
            nonlocal trail
            trail = trail.extended(blocks)
            await put(before, blocks)

        rule, most = self.settings.proof, self.settings.max_bytes - await self.held.size(fork)
        peer.course = Course.begun(time.monotonic())
        await read_range(peer.client, last, claim.length, rule, peer.course, take, most=most)
        if trail.tip != claim.hash:
            raise InvalidBlockError(claim.length, "tip", "it is another block than claimed")
        peer.found = Found(trail, fork)

    async def _wants(self, before: Trail, after: Trail) -> bool:
        """Tell whether a part of a whole chain is to be taken apart though its worth is known."""
        end = self._end.whole.trail if self._end else None
        if end and after.length == end.length and after.tip == end.tip:
            return False  # its blocks are at hand
        return await self.stage.wants(before, after)

    def _take(self, peer: Candidate) -> Take:
        async def take(before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
            self._allowance.take(peer.name, len(blocks))
            if await self.stage.offer(before, blocks):
                self._tell(peer, blocks[-1].height)

        return take

    def _tell(self, peer: Candidate, done: int) -> None:
        """Tell how far it is; of a whole chain it is known beforehand only about how long it is."""
        if self._on_progress is None:
            return
        course = peer.course
        about = done * (course.declared or 0) // max(course.taken, 1)
        total = peer.found.trail.length if peer.found else peer.claim[0] or about
        self._on_progress(done, max(done, total), peer.name)

    async def _fork_by_asking(self, peer: Candidate) -> int:
        """Return the newest height at which a peer says that it has what is held."""
        assert peer.head is not None
        if self.length and peer.head.at == self.tip:
            return self.length

        async def alike(heights: Sequence[int]) -> list[bool]:
            theirs, ours = await asyncio.gather(
                peer.client.hashes(heights), self.held.hashes(heights)
            )
            return [a is not None and a == b for a, b in zip(theirs, ours, strict=True)]

        most = min(self.length, peer.head.length)
        return await last_common(0, most, alike, at_once=MOST_HEIGHTS)

    async def _fork_of(self, trail: Trail) -> int:
        """Return the newest height at which a verified chain has what is held."""
        if self.length and trail.has(self.length, self.tip):
            return self.length

        async def alike(heights: Sequence[int]) -> list[bool]:
            ours = await self.held.hashes(heights)
            return [trail.hash_at(each) == b for each, b in zip(heights, ours, strict=True)]

        return await last_common(0, min(self.length, trail.length), alike, at_once=MOST_HEIGHTS)
