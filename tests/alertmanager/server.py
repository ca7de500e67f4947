"""The real Prometheus with the shipped jobs and rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from understudy.stack.addresses import Addresses
from understudy.stack.monitoring import Access, write_monitoring
from understudy.stack.ports import free_ports

from .tools import FOLDER, tool

DEADLINE = 30.0


class Prometheus:
    """A running Prometheus, asked over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression gives now."""
        response = await self._client.get("/api/v1/query", params={"query": expression})
        assert response.status_code == httpx.codes.OK, response.text
        result: list[dict[str, Any]] = response.json()["data"]["result"]
        return result

    async def until(self, expression: str) -> None:
        """Wait until an expression gives anything."""
        async with asyncio.timeout(DEADLINE):
            while not await self.query(expression):
                await asyncio.sleep(0.1)

    async def times(self, selector: str) -> list[float]:
        """Return when the rule's group gave samples to a series within the last minutes."""
        return sorted(
            float(time)
            for series in await self.query(f"{selector}[5m]")
            for time, _ in series["values"]
        )


@asynccontextmanager
async def prometheus(folder: Path, exporter: str) -> AsyncIterator[Prometheus]:
    """Run Prometheus with the shipped intervals; `exporter` is where one listens."""
    switcher, alertmanager, own = (f"127.0.0.1:{port}" for port in free_ports(3))
    addresses = Addresses((exporter,), (switcher,), (alertmanager,), (own,))
    write_monitoring(FOLDER, folder, addresses, Access(folder / "token"), None)
    async with started(folder, own) as running:
        yield running


@asynccontextmanager
async def started(folder: Path, own: str) -> AsyncIterator[Prometheus]:
    """Run Prometheus at an address with the folder's prometheus.yml."""
    process = await asyncio.create_subprocess_exec(
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={own}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{own}", trust_env=False) as client:
            await _ready(client, process)
            yield Prometheus(client)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ready(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            assert process.returncode is None, "Prometheus ended at its start"
            with suppress(httpx.TransportError):
                if (await client.get("/-/ready")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.1)
