"""Finding the longest valid chain among peers, for a node that holds one.

All peers are asked at once what they claim. The longest claim is fetched first, from where it
leaves the held chain; plain peers' chains are read whole meanwhile. Where nothing comes for a
while, the next claims are tried beside it: some hanging peers cost seconds, not all of the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from chains.errors import ChainError, PeerUnreachableError
from chains.peer.candidate import Candidate, Found
from chains.peer.client import PeerClient
from chains.peer.connection import Network
from chains.peer.course import Course
from chains.peer.findings import Branch, Outcome
from chains.peer.held import Held, Sink
from chains.peer.inquiry import Inquiry, OnProgress
from chains.peer.judging import Longest, standing_of
from chains.peer.memo import Memory
from chains.peer.proving import prove_branches
from chains.peer.stage import Stage
from chains.settings import PeerChainSettings, PeerSettings
from chains.standing import Claim, longest_first

__all__ = ["OnProgress", "find_longest"]

_LOOKING = 0.8
"""Of the deadline; the rest is for reading again what won, and for how the others stand."""

_PROVING = 0.25
"""Of what is left then: what goes too deep to be taken delays what is taken by no more."""

_TICK = 0.2
_CLAIMS_WITHIN = 1.0
"""Seconds for which claims are waited for before the longest of those that came is tried."""

_STILL = 1.5
"""Seconds without anything from the peers that are read, after which further ones are tried."""

_LONG = 15.0
"""Seconds after which a further one is tried, however well the reading of others goes."""


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
    until = time.monotonic() + settings.deadline
    length = await held.length()
    tip = (await held.hashes([length]))[0] if length else ""
    lowest = 0 if max_depth is None else max(length - max_depth, 0)
    stage = Stage(held, sink, lowest)
    inquiry = Inquiry(
        held, length, tip or "", lowest, settings, memory or Memory(), stage, on_progress
    )
    candidates = [Candidate(PeerClient(network, each, settings.max_bytes)) for each in peers]
    search = _Search(candidates, inquiry, settings, until)
    try:
        async with asyncio.TaskGroup() as group:
            staging = group.create_task(stage.run())
            outcome = await search.run()
            staging.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return outcome


class _Search:
    def __init__(
        self,
        peers: Sequence[Candidate],
        inquiry: Inquiry,
        settings: PeerChainSettings,
        until: float,
    ) -> None:
        self._peers, self._inquiry = peers, inquiry
        self._patience, self._until = settings.probe_timeout, until
        self._began = self._launched_at = time.monotonic()
        self._running: dict[asyncio.Task[None], Candidate] = {}
        self._left: list[asyncio.Task[None]] = []
        self._found: list[Candidate] = []
        self._found_at = self._began
        self._wave = 1

    async def run(self) -> Outcome:
        """Search, and tell what was found."""
        try:
            for peer in self._peers:
                self._start(peer, self._inquiry.examine(peer))
            await self._look()
            while (best := self._best()) is not None and not await self._bring(best):
                await self._look()
            await self._inquiry.stage.settled()
            await self._prove(best)
            return await self._outcome(best)
        finally:
            left = [*self._left, *self._running]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    # Looking

    async def _look(self) -> None:
        """Look at peers until nothing longer can come, or for most of the time that is left."""
        began = time.monotonic()
        until = began + _LOOKING * (self._until - began)
        self._launch(began, until)
        while self._running and time.monotonic() < until:
            done, _ = await asyncio.wait(
                self._running, timeout=_TICK, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                self._finish(task)
            self._leave_behind(time.monotonic(), until)
            self._launch(time.monotonic(), until)
        for task in list(self._running):
            self._give_up(task)

    def _start(self, peer: Candidate, asking: Coroutine[Any, Any, None]) -> None:
        self._running[asyncio.create_task(asking)] = peer

    def _finish(self, task: asyncio.Task[None]) -> None:
        """Take what came of a task; what is no peer's fault is raised."""
        peer = self._running.pop(task)
        peer.reading = False
        error = task.exception()
        if isinstance(error, ChainError):
            peer.error = error
        elif error is not None:
            raise error
        elif peer.found is not None:
            before = self._best()
            self._found.append(peer)
            if self._best() is not before or len(self._found) == 1:
                self._found_at = time.monotonic()

    def _give_up(self, task: asyncio.Task[None]) -> None:
        peer = self._running.pop(task)
        peer.reading = False
        peer.error = PeerUnreachableError(peer.name, "was not done in time")
        task.cancel()
        self._left.append(task)

    def _launch(self, now: float, until: float) -> None:
        """Begin to fetch the longest claim, and further ones beside it while that leads nowhere."""
        asked = [peer for peer in self._running.values() if not (peer.reading or peer.head)]
        if asked and now - self._began < _CLAIMS_WITHIN:
            return
        fetched = [peer for peer in self._running.values() if peer.reading and peer.head]
        moving = [peer for peer in fetched if _promises(peer.course, now, until)]
        claims = self._claims(moving)
        if not claims:
            return
        longest = max((peer.claim[0] for peer in fetched), default=-1)
        waited = now - self._launched_at
        fruitless = not fetched and now - self._began > _CLAIMS_WITHIN + _STILL
        if fruitless or (fetched and not moving and waited > _STILL):
            count = self._wave = 2 * self._wave
        elif claims[0].claim[0] > longest or waited > _LONG:
            count = 1
        else:
            return
        self._launched_at = now
        for peer in claims[:count]:
            peer.tried = peer.reading = True
            peer.course = Course.begun(now)
            self._start(peer, self._inquiry.fetch(peer))

    def _claims(self, moving: Sequence[Candidate]) -> list[Candidate]:
        """Return who claims more than what was found, the longest first, one for each chain."""
        best = self._best()
        beyond = best.found.trail.length if best and best.found else self._inquiry.length
        coming = {peer.claim for peer in moving}
        claimed: dict[tuple[int, str], Candidate] = {}
        for peer in self._peers:
            if peer.head and not (peer.tried or peer.error or peer.claim in coming):
                claimed.setdefault(peer.claim, peer)
        claims = [Claim(peer.name, *claim) for claim, peer in claimed.items()]
        return [claimed[each.length, each.tip] for each in longest_first(claims, beyond)]

    def _leave_behind(self, now: float, until: float) -> None:
        """Leave those who are not about to end, while others wait to be read.

        Of all others, too, once somebody's chain has been there for a while, be it the held one.
        """
        patience = 2 * max(self._patience, self._found_at - self._began)
        if now - self._began >= patience and (self._found or self._is_held_known()):
            reading, least = {t: p for t, p in self._running.items() if p.reading}, _STILL
        elif self._inquiry.is_crowded:
            reading = {t: p for t, p in self._running.items() if p.reading and not p.head}
            least = self._patience
        else:
            return
        for task, peer in reading.items():
            if peer.course.age(now) > least and not peer.course.is_worth_waiting(now, until):
                self._give_up(task)

    def _is_held_known(self) -> bool:
        """Tell whether a node of our own kind claims no more than what is held."""
        return any(
            peer.head and not peer.error and 0 < peer.head.length <= self._inquiry.length
            for peer in self._peers
        )

    # What comes of it

    def _best(self) -> Candidate | None:
        """Return who has the longest chain that may replace the held one; the first one of them."""
        best, length = None, self._inquiry.length
        for peer in self._found:
            found = peer.found
            if found and found.fork >= self._inquiry.lowest and found.trail.length > length:
                best, length = peer, found.trail.length
        return best

    async def _bring(self, peer: Candidate) -> bool:
        """See to it that a peer's chain is in the sink; tell whether it is.

        It may have to be read again. Who takes his time over that leaves some for the next one.
        """
        limit = self._until - time.monotonic()
        others = sum(each.found is not None for each in self._found) > 1
        try:
            async with asyncio.timeout(limit / 2 if others else limit):
                await self._inquiry.bring(peer)
        except TimeoutError:
            peer.error = PeerUnreachableError(peer.name, "was not done in time")
        except ChainError as error:
            peer.error = error
        if peer.error is not None:
            peer.found = None
        return peer.error is None

    async def _prove(self, best: Candidate | None) -> None:
        """Verify what is longer still but goes too deep, so that a mere claim is known as such."""
        length = best.found.trail.length if best and best.found else self._inquiry.length
        claimed = [peer for peer in self._peers if peer.deep and not peer.error]
        deep = [peer for peer in claimed if peer.claim[0] > length]
        limit = _PROVING * (self._until - time.monotonic())
        await prove_branches(self._inquiry, deep, limit)

    async def _outcome(self, best: Candidate | None) -> Outcome:
        inquiry = self._inquiry
        found = best.found if best else None
        longest = Longest(inquiry.held, inquiry.length, inquiry.tip, found)
        time_left = min(self._patience, max(self._until - time.monotonic(), _TICK))
        for peer in self._found:
            if peer.found and peer.found.fork < inquiry.lowest:
                peer.deep = _branch(peer.name, peer.found, inquiry.length)
        claimed = [peer.deep for peer in self._peers if peer.deep and not peer.error]
        deep = [branch for branch in claimed if branch.length > longest.length]
        return Outcome(
            tuple(
                await asyncio.gather(
                    *(standing_of(peer, longest, time_left) for peer in self._peers)
                )
            ),
            _branch(best.name, found, inquiry.length) if best and found else None,
            max(deep, key=lambda branch: (branch.verified, branch.length), default=None),
        )


def _promises(course: Course, now: float, until: float) -> bool:
    """Tell whether a reading goes on, and will end by a time if it goes on like that."""
    if course.still(now) > _STILL:
        return False
    return course.age(now) <= _STILL or course.is_worth_waiting(now, until)


def _branch(peer: str, found: Found, length: int) -> Branch:
    return Branch(peer, *found.end, found.fork, length - found.fork)
