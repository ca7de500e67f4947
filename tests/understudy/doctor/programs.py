"""A real Prometheus and a real Alertmanager with the shipped files."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

from devnet.configuration import configuration
from devnet.launch import Devnet
from switcher.auth import Scope, new_token
from understudy.doctor.ask import ask_alertmanager, ask_prometheus
from understudy.doctor.settings import Endpoint
from understudy.shipped import Folder, shipped_folder
from understudy.stack import Program, Replicas, StackSettings, Tools, parts
from understudy.stack.addresses import Addresses
from understudy.stack.monitoring import Access, write_monitoring
from understudy.stack.settings import numbered

_MINIMAL = Path(__file__).parents[2] / "fixtures" / "config" / "good" / "minimal.yaml"
_RELOADED = re.compile(r"^\w+_config_last_reload_success_timestamp_seconds (.+)$", re.MULTILINE)


class _NoMetrics(BaseHTTPRequestHandler):
    """Stands where exporter and switcher are scraped."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Monitoring:
    folder: Path
    net: Devnet
    switcher: str
    prometheuses: tuple[Program, ...]
    alertmanagers: tuple[Program, ...]

    @property
    def prometheus_url(self) -> str:
        return self.prometheuses[0].url

    @property
    def alertmanager_url(self) -> str:
        return self.alertmanagers[0].url

    def configuration(self, folder: Path, **policy: Any) -> Path:
        """Write an understudy.yaml that names these programs, and its secrets."""
        document = {**yaml.safe_load(_MINIMAL.read_text()), **configuration(self.net)}
        document["switcher"] |= {"listen": self.switcher, "policy": policy}
        document["monitoring"] = {
            "prometheus": [each.url for each in self.prometheuses],
            "alertmanager": [each.url for each in self.alertmanagers],
        }
        path = folder / "understudy.yaml"
        path.write_text(yaml.safe_dump(document))
        _, token = new_token(Scope.ALERTS, "alertmanager")
        for name, content in (("active.key", self.net.active_wif("init0")), ("tokens", token)):
            (folder / name).write_text(content)
            (folder / name).chmod(0o600)
        return path

    @asynccontextmanager
    async def changed(self, name: str, change: Callable[[Any], object]) -> AsyncIterator[None]:
        """Have one of the files changed and loaded, and put back at the end."""
        path = self.folder / name
        before = path.read_text()
        data = yaml.safe_load(before)
        change(data)
        try:
            await self._load(path, yaml.safe_dump(data))
            yield
        finally:
            await self._load(path, before)

    async def _load(self, path: Path, text: str) -> None:
        alertmanager = path.name == "alertmanager.yml"
        program = (self.alertmanagers if alertmanager else self.prometheuses)[0]
        async with httpx.AsyncClient(base_url=program.url, trust_env=False) as client:

            async def loaded() -> list[str]:
                return _RELOADED.findall((await client.get("/metrics")).text)

            earlier = await loaded()
            path.write_text(text)
            assert program.pid
            os.kill(program.pid, signal.SIGHUP)
            await until(lambda: _differs(loaded, earlier))


async def _differs(ask: Callable[[], Awaitable[object]], earlier: object) -> bool:
    return await ask() != earlier


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that a program can only be asked."""
    async with asyncio.timeout(30):
        while not await met():
            await asyncio.sleep(0.05)


@contextmanager
def _without_metrics(address: str) -> Iterator[None]:
    host, _, port = address.rpartition(":")
    with ThreadingHTTPServer((host, int(port)), _NoMetrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def monitoring(folder: Path, replicas: Replicas | None = None) -> AsyncIterator[Monitoring]:
    """Run both with the shipped files, until everything is scraped and the heartbeat arrives."""
    count = Replicas() if replicas is None else replicas
    addresses = Addresses.chosen(StackSettings({}, replicas=count))
    (folder / "token").write_text("a-token")
    write_monitoring(
        shipped_folder(Folder.ALERTMANAGER), folder, addresses, Access(folder / "token"), "1s"
    )
    tools, gossip = Tools.find(), addresses.gossip
    net = Devnet()
    made = Monitoring(
        folder,
        net,
        addresses.switcher[0],
        tuple(
            parts.prometheus(tools, folder, address, name=numbered("prometheus", index))
            for index, address in enumerate(addresses.prometheus)
        ),
        tuple(
            parts.alertmanager(
                tools,
                folder,
                address,
                cluster=parts.cluster(gossip, index),
                name=numbered("alertmanager", index),
            )
            for index, address in enumerate(addresses.alertmanager)
        ),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(net)
        for address in (*addresses.exporter, *addresses.switcher):
            stack.enter_context(_without_metrics(address))
        for program in (*made.alertmanagers, *made.prometheuses):
            stack.push_async_callback(program.stop)
            await program.start()

        async def ready() -> bool:
            seen = [await ask_prometheus(Endpoint(each.url)) for each in made.prometheuses]
            told = [await ask_alertmanager(Endpoint(each.url)) for each in made.alertmanagers]
            scraped = [target for each in seen for target in each.targets]
            ours = [t.health == "up" for t in scraped if t.job.startswith("understudy-")]
            wanted = (count.exporter + count.switcher) * count.prometheus
            met = all(each.members == len(addresses.gossip) for each in told)
            return ours == [True] * wanted and met and all(each.heartbeats for each in told)

        await until(ready)
        yield made
