"""The stage of the live failures: a network, the real stack that watches it, and who sees both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.chronicle import Chronicle
from bench.news import News, meanwhile
from chains.settings import ProducerSettings, WitnessSettings
from devnet.settings import DevnetSettings
from switcher.answers import AlertPath
from switcher.model import Entry
from understudy.demo.journal import JournalReader
from understudy.demo.stage import Set, stage
from understudy.errors import StackError

NETWORK = DevnetSettings(witnesses=27, interval=3, rings=8, backbone=7, prehistory=210)
"""As large and as slow as the public one; several rings, so that a failure need not wait until the
last one's is over."""

INTERVAL = NETWORK.interval
ROUND_SECONDS = NETWORK.witnesses * INTERVAL

POLICY = {"rotations_per_day": 1000}
"""All else is the shipped policy. A day's failures come within minutes here, and a spent budget
would hide needless switches."""

_READ_EVERY = 0.25
_SET_SECONDS = 60.0


@dataclass
class Diary:
    """The switcher's journal, read as it is written."""

    entries: list[Entry] = field(default_factory=list)
    news: News = field(default_factory=News)

    async def run(self, reader: JournalReader) -> None:
        """Read until cancelled.

        Raises:
            StackError: the switcher did not answer.
        """
        while True:
            if new := await reader.news():
                self.entries += new
                self.news.announce()
            await asyncio.sleep(_READ_EVERY)

    async def first(self, wanted: Callable[[Entry], bool], since: float) -> Entry:
        """Wait for the first entry of its kind from a time on (seconds since the epoch)."""

        def look() -> Entry | None:
            return next((e for e in self.entries if e.time >= since and wanted(e)), None)

        return await self.news.until(look)


@dataclass(frozen=True, slots=True)
class Theatre:
    """The running network and stack, and all that is seen of them."""

    running: Set
    chronicle: Chronicle
    diary: Diary

    @property
    def round_seconds(self) -> int:
        """Return how long a round of all witnesses takes."""
        settings = self.running.net.settings
        return settings.witnesses * settings.interval

    def producer_on_air(self, witness: WitnessSettings, witness_id: str) -> ProducerSettings:
        """Return the producer that holds a witness' key in force, whoever watches it.

        Raises:
            StackError: no host of its ring does.
        """
        term = self.running.watch.follower.term(witness_id)
        producer = witness.producer_of(term.key) if term else None
        if producer is None:
            raise StackError(f"{witness.account} has a key in force that no host holds.")
        return producer


@asynccontextmanager
async def theatre(
    network: DevnetSettings,
    *,
    endpoints: bool | Collection[str],
    watched: Collection[str],
    interval: str | None = None,
    policy: Mapping[str, Any] = POLICY,
) -> AsyncIterator[Theatre]:
    """Run a network and the stack as it is shipped, armed; see `devnet_stack` for what differs.

    Raises:
        StackError: a program did not start, or ended, or alerts do not come through.
    """
    playing = stage(network, interval=interval, policy=policy, endpoints=endpoints, watched=watched)
    async with playing as running, running.journal() as reader:
        chronicle, diary = Chronicle(running.watch), Diary()
        await _ready(running, reader)
        async with meanwhile(chronicle.run(), diary.run(reader), running.stack.ended()):
            await chronicle.news.until(lambda: chronicle.head)
            yield Theatre(running, chronicle, diary)


async def _ready(running: Set, reader: JournalReader) -> None:
    try:
        async with asyncio.timeout(_SET_SECONDS):
            while (
                await reader.status()
            ).alert_path is not AlertPath.OK or running.watch.names is None:
                await asyncio.sleep(_READ_EVERY)
    except TimeoutError as error:
        raise StackError(f"No alert came through within {_SET_SECONDS:g} s.") from error
