"""One peer that is followed: of what it claims only that is fetched which isn't known already."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from chains.ancestor import last_common
from chains.errors import ChainError, InvalidBlockError, PeerUnreachableError, TooMuchError
from chains.peer.blocks import MOST_BLOCK, PeerBlock
from chains.peer.candidate import Allowance
from chains.peer.client import MOST_HEIGHTS, Head, PeerClient
from chains.peer.course import Course
from chains.peer.lines import block_of
from chains.peer.memo import Memory
from chains.peer.plain import read_whole
from chains.peer.ranges import read_range
from chains.peer.seen import Seen
from chains.peer.size import Size
from chains.peer.stream import Whole
from chains.peer.trail import NOTHING, Trail
from chains.settings import PeerChainSettings

_OWN_INTERVAL = 2.5
_SHORTEST, _LONGEST = 5.0, 60.0
_LONGER = 1.5
"""Seconds between two looks at a peer, and what they grow by while its whole chain is unchanged."""

_PATIENCE = 5.0
"""Seconds for which one waits for another peer to bring the blocks that both claim."""

_READ_AGAIN = 900.0
"""Seconds after which what was invalid is read again even if it looks unchanged."""


def next_wait(waited: float, own: bool, changed: bool) -> float:
    """Return the seconds until a peer is looked at again, if the last wait was `waited` seconds.

    Soon if a look costs little, or if something just changed; else longer and longer.
    """
    if own:
        return _OWN_INTERVAL
    return _SHORTEST if changed else min(max(waited, _SHORTEST) * _LONGER, _LONGEST)


class Shared:
    """What those who follow peers have in common: what is remembered, and whose turn it is."""

    def __init__(self, settings: PeerChainSettings, trails: Callable[[], Sequence[Trail]]) -> None:
        self.settings = settings
        self.memory = Memory()
        self.allowance = Allowance(settings.max_bytes // 500)
        self._trails = trails
        self._fetching = asyncio.Lock()

    def longest(self) -> Trail:
        """Return the longest verified chain."""
        return max(self._trails(), key=lambda trail: trail.length, default=NOTHING)

    def holding(self, length: int, tip: str) -> Trail | None:
        """Return a chain that was verified up to a block, if there is one."""
        for trail in self._trails():
            if trail.length >= length and trail.has(length, tip):
                return trail if trail.length == length else trail.cut(length)
        return None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until nobody else fetches, but not for ever: he may bring what is wanted."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._fetching.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._fetching.release()


class Followed:
    """Looks at one peer; `seen` is what the last look showed, `own` whether it is of our kind.

    `told` is what the last look showed in which the peer could be reached.
    """

    def __init__(self, client: PeerClient, shared: Shared) -> None:
        self.client = client
        self.seen = self.told = Seen()
        self.own = False
        self._shared, self._settings = shared, shared.settings
        self._claim: Head | None = None
        self._size: Size | None = None
        self._told_at = 0.0

    async def look(self) -> None:
        """Look at the peer; whatever it does is no error, but is seen."""
        self._claim = None
        try:
            async with asyncio.timeout(self._settings.deadline):
                self.seen = await self._look_twice()
        except TimeoutError:
            limit = self._settings.deadline
            error = PeerUnreachableError(self.client.name, f"did not send all in {limit:g} s")
            self.seen = self._failed(error)
        except ChainError as error:
            self.seen = self._failed(error)
        finally:
            self._shared.allowance.give_back(self.client.name)
        if self.seen.reached:
            self.told = self.seen

    def _failed(self, error: ChainError) -> Seen:
        if (claim := self._claim) is None:
            return Seen(error=error)
        return Seen(None, claim.length, claim.hash, error)

    async def _look_twice(self) -> Seen:
        """Look; once more if the peer has got another chain meanwhile."""
        try:
            return await self._look()
        except InvalidBlockError:
            if not await self._moved():
                raise
        self._shared.allowance.give_back(self.client.name)
        return await self._look()

    async def _moved(self) -> bool:
        """Tell whether the peer claims another chain by now: then what it sent proves nothing."""
        if self._claim is None:
            return False
        try:
            return await self.client.head(0) not in (None, self._claim)
        except ChainError:
            return False

    async def _look(self) -> Seen:
        url, now = self.client.peer.url, time.monotonic()
        if not self._shared.memory.is_plain(url, now):
            known = self.told.trail.length if self.told.trail else 0
            head = await self.client.head(known)
            if head is not None:
                self.own, self._claim = True, head
                return await self._look_at(head)
            self._shared.memory.note_plain(url, now)
        self.own = False
        return await self._look_at_whole()

    # Of our own kind

    async def _look_at(self, head: Head) -> Seen:
        if (trail := self._known(head)) is not None:
            return Seen(trail, head.length, head.hash)
        same = (self.told.length, self.told.tip) == (head.length, head.hash)
        if same and self.told.invalid and not self._due():
            return self.told
        async with self._shared.turn():
            trail = self._known(head) or await self._fetched(head)
        return Seen(trail, head.length, head.hash)

    def _known(self, head: Head) -> Trail | None:
        return self._shared.holding(head.length, head.hash) if head.length else NOTHING

    async def _fetched(self, head: Head) -> Trail:
        self._told_at = time.monotonic()
        base, fork = await self._base(head)
        last = await self._block(base, fork) if fork else None
        trail = base.cut(fork)

        async def take(_before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
            nonlocal trail
            self._shared.allowance.take(self.client.name, len(blocks))
            trail = trail.extended(blocks)

        course = Course.begun(time.monotonic())
        rule, most = self._settings.proof, self._settings.max_bytes
        await read_range(self.client, last, head.length, rule, course, take, most=most)
        if trail.tip != head.hash:
            raise InvalidBlockError(head.length, "tip", "it is another block than claimed")
        return trail

    async def _base(self, head: Head) -> tuple[Trail, int]:
        """Return a verified chain, and the newest height at which the peer says it has the same."""
        mine = self.told.trail
        if mine is not None and mine.length and head.at == mine.tip:
            return mine, mine.length
        base = self._shared.longest()

        async def alike(heights: Sequence[int]) -> list[bool]:
            theirs = await self.client.hashes(heights)
            return [base.hash_at(each) == b for each, b in zip(heights, theirs, strict=True)]

        most = min(base.length, head.length)
        return base, await last_common(0, most, alike, at_once=MOST_HEIGHTS)

    async def _block(self, base: Trail, height: int) -> PeerBlock:
        """Fetch a block whose hash is known; what follows it is verified with its proof."""
        body = bytearray()
        async with self.client.blocks(height, height) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > MOST_BLOCK:
                    raise InvalidBlockError(height, "form", f"more than {MOST_BLOCK:,} bytes")
        return block_of(bytes(body), height, base.hash_at(height) or "")

    # Whole

    async def _look_at_whole(self) -> Seen:
        if self._size and self._size.bytes and not self._due() and await self._is_unchanged():
            return self.told
        self._told_at = time.monotonic()
        course = Course.begun(self._told_at)

        async def take(_before: tuple[int, str], blocks: Sequence[PeerBlock]) -> None:
            self._shared.allowance.take(self.client.name, len(blocks))

        start, memory = Whole(self._settings.proof), self._shared.memory
        try:
            read = await read_whole(self.client, start, memory, course, _unwanted, take)
        except (InvalidBlockError, TooMuchError):
            self._size = course.size
            raise
        self._size = course.size
        trail = read.whole.trail
        length, tip = trail.length, trail.tip
        return Seen(self._shared.holding(length, tip) or trail, length, tip)

    async def _is_unchanged(self) -> bool:
        """Tell whether the whole chain looks as it did when it was last read."""
        return await self.client.size() == self._size

    def _due(self) -> bool:
        """Tell whether it is time to read again what looks unchanged, since looks are no proof."""
        return time.monotonic() - self._told_at >= _READ_AGAIN


async def _unwanted(_before: Trail, _after: Trail) -> bool:
    """No blocks are wanted, only what they are worth."""
    return False
