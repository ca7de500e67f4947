"""Two or three of every program watch one witness: for tests that end them one at a time.

    async with on_watch(tmp_path, database=url) as watch:
        await watch.well()
        async with watch.crash(watch.programs["alertmanager-2"].kill()):
            await watch.settled()

The ring has three hosts, so that one crash can follow another once the dead host is back. Relays
between Alertmanagers and switchers note what was acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from bench.acknowledged import lost
from bench.books import Books, Pages
from bench.relay import Relay, lead_through
from devnet.configuration import configuration
from devnet.settings import DevnetSettings
from serving.asking import ONE_CALL
from switcher.answers import IncidentStatus, Status, WitnessStatus
from switcher.model import Decision
from tests.support.network import Network, open_network
from tests.support.network.chain import Chain
from understudy.config import load
from understudy.stack import Program, Replicas, Stack, StackSettings, Tools, free_ports

NET = DevnetSettings(witnesses=5, prehistory=60, feeds=())
REPLICAS = Replicas(exporter=2, switcher=2, prometheus=2, alertmanager=3)
POLICY = {"arm": True, "missed_blocks": 1, "cool_down": "1s", "rotations_per_day": 1000}
"""One miss is enough, so that a failover takes seconds; they come one after the other."""

PATIENCE = 60.0
_LOOK = 0.1


@dataclass
class Watch:
    """Everything that runs; `books` are the switchers' journals, one each or the shared one.

    `rotations` are the hosts that should have been put on air until now.
    """

    net: Network
    chain: Chain
    stack: Stack
    relays: tuple[Relay, ...]
    books: tuple[Books, ...]
    client: httpx.AsyncClient
    rotations: list[str] = field(default_factory=list)

    @property
    def programs(self) -> dict[str, Program]:
        """Every program by its name, such as "prometheus-2"."""
        return {program.name: program for program in self.stack.programs}

    async def on_air(self) -> str:
        """Return the host whose key is in force and has signed."""
        await self.chain.read()
        host = self.chain.on_air()
        assert host is not None, "nobody is on air"
        return host

    async def acting(self) -> Program:
        """Return the switcher that acts for the witness; one does, or will in a moment."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for switcher in self.stack.switchers:
                    witness = await self.witness(switcher)
                    if witness is not None and witness.acting:
                        return switcher
                await asyncio.sleep(_LOOK)

    async def witness(self, switcher: Program) -> WitnessStatus | None:
        """Return what a switcher says of the witness, None where it doesn't answer."""
        token = {"Authorization": f"Bearer {self.stack.written.client_token}"}
        try:
            answer = await self.client.get(f"{switcher.url}/api/status", headers=token)
        except httpx.TransportError:
            return None
        if answer.status_code != httpx.codes.OK:
            return None
        return TypeAdapter(Status).validate_json(answer.content).witnesses[0]

    async def well(self) -> None:
        """Wait until every program does its work and every backup is ready."""
        wanted: tuple[tuple[str, Callable[[], Awaitable[bool]]], ...] = (
            ("all scraped", self._all_scraped),
            ("a whole cluster", self._whole_cluster),
            ("backups ready at every switcher", self._backups_ready),
        )
        for what, met in wanted:
            try:
                async with asyncio.timeout(PATIENCE):
                    while not await met():
                        await asyncio.sleep(_LOOK)
            except TimeoutError as error:
                raise AssertionError(f"not within {PATIENCE:g} s: {what}") from error

    @asynccontextmanager
    async def crash(self, *besides: Awaitable[object]) -> AsyncIterator[None]:
        """Kill the host on air, with whatever ends at the same moment; heal it on leaving.

        From then on there should be one rotation more, to the next host of the ring.
        """
        ring, host = self.net.settings.hosts, await self.on_air()
        self.rotations.append(ring[(ring.index(host) + 1) % len(ring)])
        await asyncio.gather(self.net.nodes[host].kill(), *besides)
        yield
        await self.net.nodes[host].heal()

    async def settled(self, timeout: float = PATIENCE) -> None:
        """Wait until nothing is open and the right host is on air; check that this was all.

        The chain has one update for each crash, or up to one for each journal, and no alert that
        was answered with 202 is missing in the journal of the switcher that answered.
        """
        pages: list[Pages] = []
        try:
            async with asyncio.timeout(timeout):
                while not pages or any(p.open for p in pages) or not await self._right_host():
                    pages = await self._read()
                    await asyncio.sleep(_LOOK)
        except TimeoutError as error:
            raise AssertionError(self._told(pages)) from error
        runs = groupby(update.host for update in self.chain.updates())
        times = [(host, len(list(run))) for host, run in runs]
        assert [host for host, _ in times] == self.rotations, self._told(pages)
        assert all(count <= len(self.books) for _, count in times), self._told(pages)
        await self._check_nothing_lost()

    async def _right_host(self) -> bool:
        expected = [self.net.settings.hosts[0], *self.rotations]
        await self.chain.read()
        return self.chain.on_air() == expected[-1]

    async def _check_nothing_lost(self) -> None:
        for relay, book in zip(self.relays, cycle(self.books), strict=False):
            missing = await lost(relay.ledger, book)
            assert not missing, "\n".join(missing)

    async def _read(self) -> list[Pages]:
        try:
            return [await book.read() for book in self.books]
        except SQLAlchemyError:
            return []  # the database is being started again

    def _told(self, pages: list[Pages]) -> str:
        chain = [f"{update.host} in block {update.block}" for update in self.chain.updates()]
        entries = [f"{e.value}: {e.sentence}" for each in pages for e in each.entries[-40:]]
        wanted = f"wanted {self.rotations}, on air {self.chain.on_air()}; on the chain"
        return "\n".join([wanted, *chain, "in the journals", *entries])

    async def _all_scraped(self) -> bool:
        count = sum(len(each) for each in self._scraped())
        for prometheus in self.stack.prometheuses:
            if len(await self._query(prometheus, "up == 1")) != count:
                return False
        return True

    def _scraped(self) -> tuple[tuple[Program, ...], ...]:
        stack = self.stack
        return (stack.exporters, stack.switchers, stack.alertmanagers, stack.prometheuses)

    async def _query(self, prometheus: Program, expression: str) -> list[Any]:
        url = f"{prometheus.url}/api/v1/query"
        answer = await self.client.get(url, params={"query": expression})
        found: list[Any] = answer.json()["data"]["result"]
        return found

    async def _whole_cluster(self) -> bool:
        members = self.stack.alertmanagers
        for each in members:
            cluster = (await self.client.get(f"{each.url}/api/v2/status")).json()["cluster"]
            if cluster["status"] != "ready" or len(cluster["peers"]) != len(members):
                return False
        return True

    async def _backups_ready(self) -> bool:
        for switcher in self.stack.switchers:
            witness = await self.witness(switcher)
            if witness is None or witness.rotation or any(map(is_in_doubt, witness.incidents)):
                return False
            if any(p.readiness != "ready" for p in witness.producers if not p.in_force):
                return False
        return True


def is_in_doubt(incident: IncidentStatus) -> bool:
    """Tell whether an incident may still lead to something.

    A devnet on a busy machine misses a slot now and then, which accuses a host that is well.
    """
    return incident.decision != Decision.NOT_CORROBORATED


@asynccontextmanager
async def on_watch(
    folder: Path,
    *,
    database: str | None = None,
    policy: Mapping[str, Any] | None = None,
) -> AsyncIterator[Watch]:
    """Run a network and all programs; switchers share a database (its URL) or have one each."""
    async with open_network(NET) as net, Chain(net) as chain, AsyncExitStack() as leaving:
        document = configuration(net)
        document["switcher"] = {"policy": {**POLICY, **(policy or {})}}
        if database:
            document["switcher"]["database"] = database
        settings = StackSettings(document, net.active_wif("init0"), replicas=REPLICAS)
        stack = await leaving.enter_async_context(Stack(settings, Tools.find(), folder / "stack"))
        relays = [
            await leaving.enter_async_context(Relay(switcher.url, port))
            for switcher, port in zip(
                stack.switchers, free_ports(len(stack.switchers)), strict=True
            )
        ]
        lead_through(relays, stack)
        urls = [load(each.configuration).needed_switcher().database for each in stack.documents]
        books = tuple(Books(url) for url in dict.fromkeys(urls))
        client = httpx.AsyncClient(trust_env=False, verify=False, limits=ONE_CALL)
        await leaving.enter_async_context(client)
        yield Watch(net, chain, stack, tuple(relays), books, client)
