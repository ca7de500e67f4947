"""A client of a real switcher, none of whose nodes can be reached."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.keys import active_key, signing_key
from switcher.auth import Scope
from switcher.service import serve
from tests.switcher.stage import WITNESS, Home, alert, webhook

ALPHA, BETA = (signing_key("init0", host).text("BTS") for host in (None, "beta"))
CHAIN = ChainSettings(
    nodes=(NodeSettings("eu", "ws://127.0.0.1:1"),),
    witnesses=(
        WitnessSettings(
            WITNESS, (ProducerSettings("alpha", ALPHA), ProducerSettings("beta", BETA))
        ),
    ),
)


class Caller:
    """A client of a switcher that listens on a port of its own."""

    def __init__(self, home: Home, port: int, client: httpx.AsyncClient) -> None:
        self.home = home
        self.port = port
        self.http = client

    async def post(self, body: Any, scope: Scope = Scope.ALERTS) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post("/alerts", content=content, headers=self.home.bearer(scope))

    async def get(self, path: str, scope: Scope = Scope.READ) -> httpx.Response:
        return await self.http.get(path, headers=self.home.bearer(scope))

    async def counted(self, result: str) -> float:
        text = (await self.http.get("/metrics")).text
        name = f'understudy_alerts_received_total{{result="{result}"}} '
        [line] = [line for line in text.splitlines() if line.startswith(name)]
        return float(line.removeprefix(name))

    async def accepts_a_good_alert(self) -> bool:
        reply = await self.post(webhook(alert(ALPHA)))
        return reply.status_code == 202 and reply.json()["alerts"][0]["result"] in {
            "opened",
            "renewed",
        }


@asynccontextmanager
async def calling(folder: Path, chain: ChainSettings, **settings: Any) -> AsyncIterator[Caller]:
    home = Home(folder, active_key(WITNESS).wif)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(chain, home.settings(**settings), on_listen=port.set_result)
    )
    either: list[asyncio.Future[Any]] = [serving, port]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        address = f"http://127.0.0.1:{port.result()}"
        async with httpx.AsyncClient(base_url=address, timeout=15) as client:
            yield Caller(home, port.result(), client)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
