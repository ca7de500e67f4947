"""One exporter before so many nodes for so many witnesses: what it costs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.exporter import reading
from bench.exporter.nodes import DIFFERING, INTERVAL, network
from bench.figures import median, over_runs, percentile, spread, together
from bench.news import meanwhile
from bench.processes import processor_seconds_of, resident_mb
from devnet.genesis import Genesis
from devnet.keys import signing_key
from understudy.errors import StackError
from understudy.stack import Program

HOSTS = ("alpha", "beta", "gamma")

_OPENMETRICS = {"accept": "application/openmetrics-text; version=1.0.0"}
"""What Prometheus asks for."""

_SCRAPE_EVERY = 2.0
"""Seconds, as shipped, while processor time is counted."""

_LOOK_EVERY = 0.05
"""Seconds from one timed scrape to the next."""

_COUNTED_BLOCKS, _TIMED_BLOCKS = 4, 4
_READY_SECONDS = 300.0
_AGREE_SECONDS = 9.0


@dataclass(frozen=True, slots=True)
class Point:
    """What is measured: `hosts` gives each witness a ring of three hosts with endpoints of their
    own, `differing` has each node show something else."""

    witnesses: int
    nodes: int
    hosts: bool = False
    differing: bool = False

    @property
    def name(self) -> str:
        """Return what it is called, such as "100x10"."""
        told = f"{self.witnesses}x{self.nodes}"
        if self.hosts:
            told += f"_{self.host_count}_hosts"
        return f"{told}_differing" if self.differing else told

    @property
    def host_count(self) -> int:
        """Return how many producers have an endpoint."""
        return self.witnesses * len(HOSTS) if self.hosts else 0

    def path(self, node: int) -> str:
        """Return the path of a voting node."""
        return f"{DIFFERING if self.differing else '/'}n{node}"

    def host_paths(self) -> list[str]:
        """Return the paths of the producers' own endpoints."""
        accounts = network(self.witnesses).accounts() if self.hosts else ()
        return [f"/{account}-{host}" for account in accounts for host in HOSTS]

    def configuration(self, nodes_url: str, genesis_time: int, port: int) -> dict[str, Any]:
        """Return understudy.yaml as a document; `nodes_url` is where the ready-made nodes are."""
        settings = network(self.witnesses, genesis_time)
        return {
            "bitshares": {
                "chain_id": Genesis(settings, genesis_time).chain_id,
                "nodes": [
                    {"name": f"n{node}", "url": f"{nodes_url}{self.path(node)}"}
                    for node in range(self.nodes)
                ],
                "witnesses": [
                    {"account": account, "producers": list(self._producers(nodes_url, account))}
                    for account in settings.accounts()
                ],
            },
            "exporter": {"listen": f"127.0.0.1:{port}"},
        }

    def _producers(self, nodes_url: str, account: str) -> list[dict[str, str]]:
        names = HOSTS if self.hosts else HOSTS[:1]
        producers = []
        for index, host in enumerate(names):
            key = signing_key(account, host if index else None).text("BTS")
            node = {"node": f"{nodes_url}/{account}-{host}"} if self.hosts else {}
            producers.append({"name": host, "signing_key": key, **node})
        return producers


@dataclass(frozen=True, slots=True)
class Served:
    """The running ready-made nodes of one chain."""

    program: Program
    port: int
    genesis_time: int

    @property
    def url(self) -> str:
        """Return where the nodes are."""
        return f"ws://127.0.0.1:{self.port}"


async def measure_point(point: Point, served: Served, folder: Path, port: int) -> dict[str, Any]:
    """Return the figures of one exporter, which is started and stopped.

    Raises:
        StackError: it did not start, or does not see all nodes.
    """
    file = folder / f"{point.name}.yaml"
    document = point.configuration(served.url, served.genesis_time, port)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    command = (sys.executable, "-m", "understudy", "exporter", "--config", str(file))
    url = f"http://127.0.0.1:{port}"
    exporter = Program(
        "exporter",
        (*command, "--log-format", "json"),
        log=folder / f"{point.name}.log",
        ready_url=f"{url}/healthz",
    )
    async with httpx.AsyncClient(
        trust_env=False, base_url=url, headers=_OPENMETRICS, timeout=_READY_SECONDS
    ) as client:
        began = time.monotonic()
        before = await _told(client, served)
        await exporter.start()
        try:
            seen = _Seen(point, served, exporter, client, before["calls"])
            await seen.all_nodes()
            ready = time.monotonic() - began
            lead = await seen.lead()
            return together(
                {"all_nodes_seconds": round(ready, 1)},
                await seen.per_block(),
                await seen.scrapes(),
                {"rss_mb": resident_mb(exporter), "calls_agree": await seen.keeps(lead)},
            )
        finally:
            await exporter.stop()


async def all_of_the_past(served: Served) -> None:
    """Wait until ready-made nodes have all blocks that a watcher begins with.

    Raises:
        StackError: that takes too long.
    """
    try:
        async with asyncio.timeout(_READY_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while not (await _told(client, served))["ready"]:
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StackError(
            "The ready-made nodes don't get ready; end what else runs here."
        ) from error


async def _told(client: httpx.AsyncClient, served: Served) -> dict[str, Any]:
    answer = await client.get(f"http://127.0.0.1:{served.port}/told", timeout=_READY_SECONDS)
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


class _Seen:
    """An exporter that runs, and what its nodes tell of it; `before` are calls of earlier ones."""

    def __init__(
        self,
        point: Point,
        served: Served,
        exporter: Program,
        client: httpx.AsyncClient,
        before: Mapping[str, int],
    ) -> None:
        self._point = point
        self._served = served
        self._exporter = exporter
        self._client = client
        self._before = before

    async def all_nodes(self) -> None:
        """Wait until every node is canonical, and every host's endpoint up."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not self._all_in(await self._scrape()):
                    await asyncio.sleep(0.5)
        except TimeoutError as error:
            tail = self._exporter.tail()
            raise StackError(f"The exporter does not see all nodes; it says:\n{tail}") from error

    def _all_in(self, text: bytes) -> bool:
        nodes, hosts = reading.canonical_nodes(text), reading.hosts_up(text)
        return (nodes, hosts) == (self._point.nodes, self._point.host_count)

    async def per_block(self) -> dict[str, Any]:
        """Return processor time and calls per block, counted from between two blocks to another.

        Calls are those of the node, or host, that was asked most.
        """
        async with meanwhile(self._as_prometheus()):
            first = last = await self._between_blocks()
            calls, spent = await self._calls(), self._processor_ms()
            costs = []
            while last < first + _COUNTED_BLOCKS:
                number, now = await self._between_blocks(), self._processor_ms()
                costs.append((now - spent) / (number - last))
                last, spent = number, now
            after = await self._calls()
        asked = {path: (after[path] - calls.get(path, 0)) / (last - first) for path in after}
        of_nodes = [asked[self._point.path(node)] for node in range(self._point.nodes)]
        of_hosts = [asked[path] for path in self._point.host_paths()]
        return {
            **over_runs([{"cpu_per_block_ms": cost} for cost in costs], 1),
            "rpc_calls_per_block_per_node": round(max(of_nodes), 2),
            **({"rpc_calls_per_block_per_host": round(max(of_hosts), 2)} if of_hosts else {}),
        }

    async def scrapes(self) -> dict[str, Any]:
        """Return how long scrapes take over some blocks, and how soon these are seen in them."""
        first, text = await self._newest(), b""
        taken: dict[int, list[float]] = {}
        seen: dict[int, float] = {}
        while reading.newest_block(text) < first + _TIMED_BLOCKS:
            began = time.perf_counter()
            text = await self._scrape()
            seconds = time.perf_counter() - began
            number = reading.newest_block(text)
            taken.setdefault(number, []).append(seconds)
            seen.setdefault(number, time.monotonic())
            await asyncio.sleep(_LOOK_EVERY)
        told = {int(number): at for number, at in (await self._told())["announced"].items()}
        late = [at - told[number] for number, at in seen.items() if number > first]
        every = [seconds for each in taken.values() for seconds in each]
        by_block = [percentile(each, 50) for number, each in taken.items() if len(each) > 1]
        return {
            "metrics_seconds_p50": round(percentile(every, 50), 4),
            "metrics_seconds_p99": round(percentile(every, 99), 4),
            "metrics_bytes": len(text),
            "notice_to_metrics_seconds": median(late),
            "spread": {
                "metrics_seconds_p50": spread(by_block, 4),
                "notice_to_metrics_seconds": spread(late),
            },
        }

    async def lead(self) -> dict[str, int]:
        """Return by how many calls each node's own count leads the exporter's at least.

        The exporter doesn't count calls that were not answered in time, as happens at its start,
        and tells of others a second late at most; so that an interval shows the lead that stays.
        """
        least = await self._lead()
        until = time.monotonic() + INTERVAL
        while time.monotonic() < until:
            await asyncio.sleep(_LOOK_EVERY)
            now = await self._lead()
            least = {name: min(lead, now[name]) for name, lead in least.items()}
        return least

    async def keeps(self, lead: Mapping[str, int]) -> bool:
        """Tell whether nodes and exporter counted the same number of calls since `lead`."""
        try:
            async with asyncio.timeout(_AGREE_SECONDS):
                while await self._lead() != lead:
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            return False
        return True

    async def _lead(self) -> dict[str, int]:
        own = reading.calls_by_node(await self._scrape())
        calls = await self._calls()
        paths = {f"n{node}": self._point.path(node) for node in range(self._point.nodes)}
        return {name: calls[path] - own[name] for name, path in paths.items()}

    async def _as_prometheus(self) -> None:
        while True:
            await self._scrape()
            await asyncio.sleep(_SCRAPE_EVERY)

    def _processor_ms(self) -> float:
        return processor_seconds_of(self._exporter.pid or 0) * 1000

    async def _between_blocks(self) -> int:
        """Wait until half an interval after a block and return its number."""
        before = await self._newest()
        while (last := await self._newest()) == before:
            await asyncio.sleep(_LOOK_EVERY)
        await asyncio.sleep(INTERVAL / 2)
        return last

    async def _newest(self) -> int:
        return max((int(number) for number in (await self._told())["announced"]), default=0)

    async def _calls(self) -> dict[str, int]:
        calls: dict[str, int] = (await self._told())["calls"]
        return {path: number - self._before.get(path, 0) for path, number in calls.items()}

    async def _told(self) -> dict[str, Any]:
        return await _told(self._client, self._served)

    async def _scrape(self) -> bytes:
        return (await self._client.get("/metrics")).raise_for_status().content
