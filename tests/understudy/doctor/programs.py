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

from switcher.auth import Scope, new_token
from tests.understudy.commands import PRIVATE_KEY
from understudy.doctor.ask import ask_alertmanager, ask_prometheus
from understudy.doctor.settings import Endpoint
from understudy.stack import Program, Tools, free_ports
from understudy.stack.monitoring import Access, Addresses, write_monitoring
from understudy.stack.tools import shipped_monitoring

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
    prometheus_url: str
    alertmanager_url: str
    switcher: str
    prometheus: Program
    alertmanager: Program

    def configuration(self, folder: Path, **policy: Any) -> Path:
        """Write an understudy.yaml that names these programs, and its secrets."""
        document = yaml.safe_load(_MINIMAL.read_text())
        document["bitshares"]["nodes"] = [
            {"name": name, "url": f"wss://{name}.example.org/ws"} for name in ("eu", "us", "asia")
        ]
        document["switcher"] |= {"listen": self.switcher, "policy": policy}
        document["monitoring"] = {
            "prometheus": self.prometheus_url,
            "alertmanager": self.alertmanager_url,
        }
        path = folder / "understudy.yaml"
        path.write_text(yaml.safe_dump(document))
        _, token = new_token(Scope.ALERTS, "alertmanager")
        for name, content in (("active.key", PRIVATE_KEY), ("tokens", token)):
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
        program = self.alertmanager if alertmanager else self.prometheus
        url = self.alertmanager_url if alertmanager else self.prometheus_url
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:

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
def _without_metrics(port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), _NoMetrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def monitoring(folder: Path) -> AsyncIterator[Monitoring]:
    """Run both with the shipped files, until everything is scraped and the heartbeat arrives."""
    ports = free_ports(4)
    addresses = Addresses(*(f"127.0.0.1:{port}" for port in ports))
    (folder / "token").write_text("a-token")
    write_monitoring(shipped_monitoring(), folder, addresses, Access(folder / "token"), "1s")
    tools = Tools.find()
    prometheus, alertmanager = f"http://{addresses.prometheus}", f"http://{addresses.alertmanager}"
    made = Monitoring(
        folder,
        prometheus,
        alertmanager,
        addresses.switcher,
        Program(
            "prometheus",
            [
                tools.prometheus,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={addresses.prometheus}",
                "--rules.alert.resend-delay=5s",
            ],
            log=folder / "prometheus.log",
            ready_url=f"{prometheus}/-/ready",
        ),
        Program(
            "alertmanager",
            [
                tools.alertmanager,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address={addresses.alertmanager}",
                "--cluster.listen-address=",
            ],
            log=folder / "alertmanager.log",
            ready_url=f"{alertmanager}/-/ready",
        ),
    )
    async with AsyncExitStack() as stack:
        for port in ports[:2]:
            stack.enter_context(_without_metrics(port))
        for program in (made.alertmanager, made.prometheus):
            await program.start()
            stack.push_async_callback(program.stop)

        async def ready() -> bool:
            targets = (await ask_prometheus(Endpoint(prometheus))).targets
            heartbeats = (await ask_alertmanager(Endpoint(alertmanager))).heartbeats
            ours = [each.health == "up" for each in targets if each.job.startswith("understudy-")]
            return len(ours) == 2 and all(ours) and bool(heartbeats)

        await until(ready)
        yield made
