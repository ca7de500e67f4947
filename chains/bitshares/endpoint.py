"""One node's endpoint: connected, read at every block, and connected again when it is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.client import NodeClient, OnCall, open_client
from chains.bitshares.clock import ChainClock
from chains.bitshares.connection import Budget
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, Reading
from chains.bitshares.parting import PartingSearch
from chains.bitshares.readings import Readings
from chains.bitshares.track import Track
from chains.bitshares.views import NodeView
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

_SEARCH_DEADLINE = 5.0
"""Seconds that a node has to show where it left the followed chain."""

_SEARCH_AGAIN = 30.0
"""Seconds after a search in vain until the next one."""

_LONGEST_DETAIL = 400
"""Characters of a sentence for people, which may quote what a node sent."""

NamesOf = Callable[[NodeClient], Awaitable[Names]]
OnReading = Callable[["Endpoint", Reading], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Common:
    """What all endpoints of a watch have in common."""

    settings: ChainSettings
    follower: Follower
    clock: ChainClock
    readings: Readings
    on_call: OnCall | None = None


class Endpoint:
    """Follows one node for as long as `run` runs; what is known of it is in `track`.

    `longest_backoff` is how many seconds may pass between two attempts to connect.
    """

    def __init__(
        self,
        node: NodeSettings,
        common: Common,
        *,
        names_of: NamesOf,
        on_reading: OnReading,
        on_change: Callable[[], None],
    ) -> None:
        self.node = node
        self.longest_backoff = _LONGEST_BACKOFF
        self._settings = common.settings
        self._clock = common.clock
        self._readings = common.readings
        self._on_call = common.on_call
        follower = common.follower
        self.track = Track(node, follower, common.clock, common.settings.head_lag)
        self._names_of = names_of
        self._on_reading = on_reading
        self._on_change = on_change
        self._budget = Budget()
        self._client: NodeClient | None = None
        self._names = Names()
        self._search = PartingSearch(node.name, follower, self._fetch_header, self.fetch_block)
        self._search_from = 0.0

    def view(self) -> NodeView:
        """Return what is known of the node now."""
        return self.track.view()

    async def run(self) -> None:
        """Stay connected until cancelled, with a growing pause between attempts."""
        pause = _FIRST_BACKOFF
        while True:
            read_before = self.track.read_at
            try:
                await self._session()
            except ChainError as error:
                self._lost(error)
            if self.track.read_at != read_before:
                pause = _FIRST_BACKOFF
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  (jitter, no secret)
            pause = min(pause * 2, self.longest_backoff)

    async def refresh(self) -> None:
        """Read the node once, now.

        Raises:
            ChainError: it is not connected, or did not answer as it should.
        """
        if self._client is None:
            raise NodeUnreachableError(self.node.name, self.track.trouble)
        await self._read(self._client)

    async def locate(self) -> None:
        """Find anew where the node left the followed chain, if it did; see `track` for the answer.

        A node that does not tell is left as one of which that is not known.
        """
        self.track.part(None)
        self._search_from = 0.0
        await self._locate()

    async def call(self, api: str, method: str, *params: Any, timeout: float | None = None) -> Any:
        """Call the node on its live connection; raises `NodeError` as `NodeClient.call` does."""
        if self._client is None:
            raise NodeUnreachableError(self.node.name, self.track.trouble)
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
        text = await client.call_for_text("database", "get_objects", self._names.object_ids())
        try:
            reading = self._readings.of(self._names, text)
        except MalformedDataError as error:
            raise BadReplyError(self.node.name, str(error)) from error
        await self._take(reading)
        return reading

    async def _take(self, reading: Reading) -> None:
        # The follower goes first: until it has fetched a new head, the node would look forked.
        read_at, invalid = self._clock.steady(), ""
        try:
            await self._on_reading(self, reading)
        except InvalidBlockError as error:
            if error.reason != "fork":
                invalid = str(error)[:_LONGEST_DETAIL]
        was_up = self.track.up
        self.track.show(reading, read_at, invalid)
        await self._locate()
        if not was_up:
            self._on_change()

    async def _locate(self) -> None:
        """Find where the node left the followed chain, if it did: once for each fork."""
        reading, now = self.track.astray(), self._clock.steady()
        if reading is None:
            self.track.part(None)
        elif now >= self._search_from:
            try:
                async with asyncio.timeout(_SEARCH_DEADLINE):
                    self.track.part(await self._search.find(reading, self.track.parting))
            except (TimeoutError, NodeError):
                # That it left is known all the same; that it is lost is told where it is read.
                self.track.part(None)
                self._search_from = now + _SEARCH_AGAIN

    async def _fetch_header(self, number: int) -> Any:
        return await self.call("database", "get_block_header", number)

    def _lost(self, error: ChainError) -> None:
        verdict = Verdict.WRONG_CHAIN if isinstance(error, WrongChainError) else Verdict.UNREACHABLE
        said = error.detail if isinstance(error, NodeError) else str(error)
        if self.track.lose(verdict, said[:_LONGEST_DETAIL]):
            self._on_change()
