"""The exporter as a process before a devnet."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from devnet.hosts import api_names
from devnet.keys import signing_key
from devnet.launch import Devnet
from tests.alertmanager.tools import REPOSITORY

DEADLINE = 20.0

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def told(net: Devnet, port: int, witnesses: int = 1) -> dict[str, Any]:
    """Return what an exporter has to be told to follow a devnet."""
    rings: dict[str, dict[str, tuple[str, str | None]]] = {}
    for account in net.settings.accounts()[:witnesses]:
        rings[account] = {"alpha": (signing_key(account).text("BTS"), None)}
    rings["init0"] = {
        host: (net.signing_key(host), net.nodes[host].ws_url) for host in net.settings.hosts
    }
    return {
        "chain_id": net.chain_id,
        "port": port,
        "nodes": {name: net.nodes[name].ws_url for name in api_names(net.settings)},
        "witnesses": rings,
    }


class Scraped:
    """A running exporter, asked over HTTP."""

    def __init__(self, client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
        self.client = client
        self.process = process

    async def text(self) -> str:
        response = await self.client.get("/metrics")
        assert response.status_code == 200
        return response.text

    async def samples(self) -> Samples:
        found: Samples = {}
        for family in text_string_to_metric_families(await self.text()):
            for sample in family.samples:
                key = tuple(sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[key] = sample.value
        return found

    async def until(self, holds: Callable[[Samples], bool]) -> Samples:
        """Scrape until something holds."""
        async with asyncio.timeout(DEADLINE):
            while not holds(found := await self.samples()):
                await asyncio.sleep(0.1)
        return found


@asynccontextmanager
async def exporting(settings: dict[str, Any]) -> AsyncIterator[Scraped]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.exporter.program", json.dumps(settings)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(DEADLINE):
            while b"exporter started" not in await process.stdout.readline():
                pass
        base_url = f"http://127.0.0.1:{settings['port']}"
        async with httpx.AsyncClient(base_url=base_url) as client:
            yield Scraped(client, process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get(name, {}).get(tuple(sorted(labels.items())))
