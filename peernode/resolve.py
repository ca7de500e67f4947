"""Finding the longest valid chain among the nodes, and adopting it where that is allowed."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from chains.peer.blocks import PeerBlock
from chains.peer.connection import Network
from chains.peer.findings import Branch, Standing
from chains.peer.memo import Memory
from chains.peer.search import OnProgress, find_longest
from chains.settings import PeerChainSettings, PeerSettings
from chains.standing import Verdict
from chains.words import blocks
from peernode.adopting import Fork
from peernode.errors import ChainMovedError, DepthError, StoppingError
from peernode.registration import place_of
from peernode.resolution import Outcome, Resolution
from peernode.store import Store
from peernode.telling import Teller

_TRIES = 3
"""How often is searched, if our own chain moves each time before another one is adopted."""

_log = structlog.get_logger("peernode.resolve")


@dataclass(slots=True)
class _Flight:
    """A search, and how many of our blocks it may replace (None: any number).

    `began` and `ended` (infinite while it is under way) are seconds of the resolver's clock.
    """

    task: asyncio.Task[Resolution]
    most: int | None
    began: float
    ended: float = math.inf

    def allows(self, most: int | None) -> bool:
        """Tell whether it may replace as many blocks."""
        return self.most is None or (most is not None and most <= self.most)


class Resolver:
    """Searches once for all who ask at a time; one who goes away ends nothing for the others.

    Without anybody's consent at most `max_depth` of our blocks are replaced; None: any number.
    `on_adopted` is called whenever our chain has another end.
    """

    def __init__(
        self,
        store: Store,
        network: Network,
        settings: PeerChainSettings,
        max_depth: int | None,
        on_adopted: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._network = network
        self._settings = settings
        self._max_depth = max_depth
        self._on_adopted = on_adopted
        self._memory = Memory()
        self._teller = Teller()
        self._steady = time.monotonic
        self._flight: _Flight | None = None
        self._last: _Flight | None = None
        self._closed = False

    async def resolve(
        self,
        allow_depth: int | None = None,
        on_progress: OnProgress | None = None,
        *,
        max_age: float | None = None,
        rest: float = 0.0,
    ) -> Resolution:
        """Adopt the longest valid chain of all nodes that are known, if it is longer than ours.

        A person may allow more than `max_depth` of our blocks to be replaced. Who joins a search
        that is under way gets its result, and hears nothing of its progress. With `rest` one that
        ended within so many seconds serves, too, whatever came of it. With `max_age` none serves,
        under way or over, but one that began within so many seconds.

        Raises:
            StoreError: the database can't be used.
            StoppingError: the node is being stopped.
        """
        most = self._max_depth
        if most is not None and allow_depth is not None:
            most = max(most, allow_depth)
        flight = await self._serving(most, max_age, rest) or self._begin(most, on_progress)
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            if flight.task.cancelled():
                raise StoppingError("The node is being stopped.") from None
            raise

    async def known(self) -> list[PeerSettings]:
        """Return those that the operator named, and those that were registered."""
        known = {place_of(node.url): node for node in self._settings.nodes}
        for url in await self._store.nodes():
            place = place_of(url)
            known.setdefault(place, PeerSettings(place, url))
        return list(known.values())

    def stop(self) -> None:
        """End a search that is under way, and refuse to begin another."""
        self._closed = True
        if self._flight:
            self._flight.task.cancel()

    async def close(self) -> None:
        """Stop, and wait until nothing of it goes on."""
        self.stop()
        if self._flight:
            await asyncio.wait({self._flight.task})

    async def _serving(
        self, most: int | None, max_age: float | None, rest: float
    ) -> _Flight | None:
        """Return a search that serves; None once there is none, and none is under way either."""
        asked = self._steady()

        def serves(flight: _Flight) -> bool:
            if max_age is None:
                return flight.allows(most) and flight.ended > asked - rest
            return flight.allows(most) and flight.began > asked - max_age

        while not self._closed:
            for flight in (self._last, self._flight):
                if flight and serves(flight):
                    return flight
            if self._flight is None:
                return None
            await asyncio.wait({self._flight.task})
        raise StoppingError("The node is being stopped.")

    def _begin(self, most: int | None, on_progress: OnProgress | None) -> _Flight:
        task = asyncio.create_task(self._run(most, on_progress))
        self._flight = _Flight(task, most, self._steady())
        task.add_done_callback(self._landed)
        return self._flight

    def _landed(self, task: asyncio.Task[Resolution]) -> None:
        assert self._flight
        self._flight.ended = self._steady()
        self._flight, self._last = None, self._flight
        if not task.cancelled() and (error := task.exception()):
            _log.error("the longest chain was not found", error=str(error))

    async def _run(self, most: int | None, on_progress: OnProgress | None) -> Resolution:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.deadline
        for _ in range(_TRIES):
            settings = replace(self._settings, deadline=max(0.0, until - loop.time()))
            try:
                return self._told(await self._search(settings, most, on_progress))
            except ChainMovedError as error:
                _log.info("our chain moved during the search", why=str(error))
        head = await self._store.head()
        sentence = (
            f"Our own chain, of {blocks(head.length)} now, moved during each of {_TRIES} searches."
        )
        return self._told(Resolution(Outcome.AUTHORITATIVE, sentence, head.length, head.hash))

    async def _search(
        self, settings: PeerChainSettings, most: int | None, on_progress: OnProgress | None
    ) -> Resolution:
        staging = _Staging(self._store)
        try:
            found = await find_longest(
                self._network,
                await self.known(),
                _Held(self._store, await self._store.length()),
                staging,
                settings,
                memory=self._memory,
                max_depth=most,
                on_progress=on_progress,
            )
            if found.best:
                return await self._adopt(found.best, staging.fork, found.standings, most)
        finally:
            if staging.fork:
                await self._store.forget_staged()
        head = await self._store.head()
        if found.too_deep:
            return Resolution(
                Outcome.TOO_DEEP,
                _too_deep(found.too_deep, most),
                head.length,
                head.hash,
                found.standings,
                found.too_deep.fork,
                found.too_deep.abandoned,
            )
        sentence = (
            f"{_nobody(found.standings)} has a longer valid chain than ours of "
            f"{blocks(head.length)}."
        )
        return Resolution(Outcome.AUTHORITATIVE, sentence, head.length, head.hash, found.standings)

    async def _adopt(
        self, best: Branch, fork: Fork | None, standings: tuple[Standing, ...], most: int | None
    ) -> Resolution:
        assert fork is not None
        try:
            adopted = await self._store.adopt(fork, best.tip, most)
        except DepthError as error:
            # Blocks of ours that came during the search are among those that would go.
            raise ChainMovedError(str(error)) from error
        self._on_adopted()
        if adopted.given_up:
            _log.error("transactions given up: too many wait for a block", count=adopted.given_up)
        return Resolution(
            Outcome.REPLACED,
            f"{best.peer} has the longest valid chain, {blocks(best.length)}: {adopted.depth:,} of "
            f"ours gave way to {best.length - fork.height:,}.",
            best.length,
            best.tip,
            standings,
            fork.height,
            adopted.depth,
        )

    def _told(self, resolution: Resolution) -> Resolution:
        self._teller.tell(resolution)
        return resolution


class _Held:
    """Our chain as it was when a search began; it is only added to until another one is adopted."""

    def __init__(self, store: Store, length: int) -> None:
        self._store = store
        self._length = length

    async def length(self) -> int:
        return self._length

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        found = await self._store.hashes(heights)
        pairs = zip(heights, found, strict=True)
        return [each if height <= self._length else None for height, each in pairs]

    async def size(self, height: int) -> int:
        return await self._store.size(height)

    async def block(self, height: int) -> PeerBlock | None:
        return await self._store.block(height) if height <= self._length else None


class _Staging:
    """The blocks of another chain, kept in the database until they are adopted or forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fork: Fork | None = None

    async def begin(self, fork_height: int) -> None:
        self.fork = await self._store.begin_staging(fork_height)

    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        assert self.fork is not None
        await self._store.stage(self.fork, blocks)


def _nobody(peers: Sequence[Standing]) -> str:
    if not peers:
        return "No node is known to be asked; nobody"
    if all(peer.verdict is Verdict.UNREACHABLE for peer in peers):
        return "None of the nodes could be reached; nobody known"
    return "Nobody"


def _too_deep(branch: Branch, most: int | None) -> str:
    has = "has" if branch.verified else "says that it has (there was no time to verify it)"
    return (
        f"{branch.peer} {has} a chain of {blocks(branch.length)} that leaves ours after height "
        f"{branch.fork}: {branch.abandoned} of our blocks would go, and without a person "
        f"{most} may."
    )
