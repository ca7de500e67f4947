"""One node's endpoint: connected, read at every block, and connected again when it is lost."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.client import NodeClient, OnCall, open_client
from chains.bitshares.clock import ChainClock
from chains.bitshares.connection import Budget
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, Reading, parse_reading
from chains.bitshares.views import NodeView, judge
from chains.errors import (
    BadReplyError,
    ChainError,
    InvalidBlockError,
    MalformedDataError,
    NodeError,
    NodeRefusedError,
    NodeUnreachableError,
    WrongChainError,
)
from chains.settings import ChainSettings, NodeSettings
from chains.standing import Verdict

_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.25, 10.0
_SHORTEST_PAUSE = 0.05
"""Seconds between two reads, however many blocks a node announces while it syncs, or lies."""

_NOTICE_SLACK = 0.5
"""Seconds past a block interval without a notice after which a node is read all the same."""

_HEADS_KEPT = 200
"""Readings by which a node may be ahead of the followed chain and still be compared with it. In 3 s
each they are as long as the others may be late and look like a wrong clock (`offset.FARTHEST`)."""

_LONGEST_DETAIL = 400
"""Characters of a sentence for people, which may quote what a node sent."""

NamesOf = Callable[[NodeClient], Awaitable[Names]]
OnReading = Callable[["Endpoint", Reading], Awaitable[None]]


class Endpoint:
    """Follows one node for as long as `run` runs; its state is read from `view`.

    `longest_backoff` is how many seconds may pass between two attempts to connect.
    """

    def __init__(
        self,
        node: NodeSettings,
        settings: ChainSettings,
        follower: Follower,
        *,
        names_of: NamesOf,
        on_reading: OnReading,
        on_change: Callable[[], None],
        clock: ChainClock,
        on_call: OnCall | None = None,
    ) -> None:
        self.node = node
        self.longest_backoff = _LONGEST_BACKOFF
        self._settings = settings
        self._follower = follower
        self._names_of = names_of
        self._on_reading = on_reading
        self._on_change = on_change
        self._clock = clock
        self._on_call = on_call
        self._budget = Budget()
        self._client: NodeClient | None = None
        self._names = Names()
        self._up = False
        self._trouble = (Verdict.UNSYNCED, "not connected yet")
        self._invalid = ""
        self._reading: Reading | None = None
        self._read_at: float | None = None
        self._heads: deque[tuple[int, str, float]] = deque(maxlen=_HEADS_KEPT)
        self._common = 0
        self._had: int | None = None
        self._well = False
        self._since = clock.steady()

    def view(self) -> NodeView:
        """Return what is known of the node now."""
        self._compare()
        verdict, detail = self._trouble
        divergence = 0
        if self._up and self._reading is not None:
            verdict, detail, divergence = judge(
                self._reading, self._follower, self._settings.head_lag, self._common
            )
            if self._invalid and verdict is not Verdict.CANONICAL:
                verdict, detail = Verdict.INVALID, self._invalid
        self._note_health(well=self._up and verdict is Verdict.CANONICAL)
        return NodeView(
            name=self.node.name,
            url=self.node.url,
            up=self._up,
            verdict=verdict,
            detail=detail,
            reading=self._reading,
            read_at=None if self._read_at is None else self._clock.at(self._read_at),
            divergence=divergence,
            had=self._had,
            since=self._clock.at(self._since),
        )

    async def run(self) -> None:
        """Stay connected until cancelled, with a growing pause between attempts."""
        pause = _FIRST_BACKOFF
        while True:
            read_before = self._read_at
            try:
                await self._session()
            except ChainError as error:
                self._lost(error)
            if self._read_at != read_before:
                pause = _FIRST_BACKOFF
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  (jitter, no secret)
            pause = min(pause * 2, self.longest_backoff)

    async def refresh(self) -> None:
        """Read the node once, now.

        Raises:
            ChainError: it is not connected, or did not answer as it should.
        """
        if self._client is None:
            raise NodeUnreachableError(self.node.name, self._trouble[1])
        await self._read(self._client)

    async def call(self, api: str, method: str, *params: Any, timeout: float | None = None) -> Any:
        """Call the node on its live connection; raises `NodeError` as `NodeClient.call` does."""
        if self._client is None:
            raise NodeUnreachableError(self.node.name, self._trouble[1])
        return await self._client.call(api, method, *params, timeout=timeout)

    async def fetch_block(self, number: int) -> Block:
        """Return the node's block of a height.

        Raises:
            NodeError: the node did not answer, or has no such block.
        """
        found = await self.call("database", "get_block", number)
        try:
            block = parse_block(found)
        except MalformedDataError as error:
            raise BadReplyError(self.node.name, f"sent no block {number}: {error}") from error
        if block.number != number:
            raise BadReplyError(self.node.name, f"sent block {block.number} for block {number}")
        return block

    async def _session(self) -> None:
        timeout = self._settings.call_timeout
        async with open_client(self.node, timeout, self._on_call, self._budget) as client:
            await client.check_chain(self._settings.chain_id)
            self._names = await self._names_of(client)
            pulse = asyncio.Event()
            await self._subscribe(client, pulse)
            self._client = client
            try:
                await self._follow(client, pulse)
            finally:
                self._client = None

    async def _subscribe(self, client: NodeClient, pulse: asyncio.Event) -> None:
        try:
            await client.subscribe_blocks(lambda _: pulse.set())
        except NodeRefusedError:
            # A node may not offer subscriptions; then the timeout in `_follow` makes it a poll.
            return

    async def _follow(self, client: NodeClient, pulse: asyncio.Event) -> None:
        while True:
            pulse.clear()
            reading = await self._read(client)
            await asyncio.sleep(_SHORTEST_PAUSE)
            try:
                async with asyncio.timeout(reading.interval + _NOTICE_SLACK):
                    await pulse.wait()
            except TimeoutError:
                continue

    async def _read(self, client: NodeClient) -> Reading:
        self._names = await self._names_of(client)
        reply = await client.call("database", "get_objects", self._names.object_ids())
        try:
            reading = parse_reading(self._names, reply)
        except MalformedDataError as error:
            raise BadReplyError(self.node.name, str(error)) from error
        await self._take(reading)
        return reading

    async def _take(self, reading: Reading) -> None:
        # The follower goes first: until it has fetched a new head, the node would look forked.
        read_at = self._clock.steady()
        try:
            await self._on_reading(self, reading)
            self._invalid = ""
        except InvalidBlockError as error:
            self._invalid = str(error)[:_LONGEST_DETAIL]
        was_up, self._up = self._up, True
        self._reading, self._read_at = reading, read_at
        self._heads.append((reading.head_number, reading.head_id, read_at))
        self._compare()
        if not was_up:
            self._on_change()

    def _compare(self) -> None:
        """Note how far the node is on the followed chain, which may have caught up with it."""
        for number, block_id, read_at in reversed(self._heads):
            block = self._follower.applied(number)
            if block is not None and block.id == block_id:
                if number != self._common:
                    self._clock.heard(self.node.name, block.time, read_at)
                self._common = number
                return

    def _note_health(self, *, well: bool) -> None:
        if well is not self._well:
            self._well, self._since = well, self._clock.steady()
        if well:
            self._had = self._common

    def _lost(self, error: ChainError) -> None:
        self.view()  # what it showed last counts, though nobody has looked since
        verdict = Verdict.WRONG_CHAIN if isinstance(error, WrongChainError) else Verdict.UNREACHABLE
        said = error.detail if isinstance(error, NodeError) else str(error)
        detail = said[:_LONGEST_DETAIL]
        changed = self._up or (verdict, detail) != self._trouble
        self._up, self._trouble = False, (verdict, detail)
        if changed:
            self._on_change()
