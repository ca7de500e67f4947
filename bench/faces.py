"""Many who look on: fifty streams of events and one Chromium before the whole real stack.

They must cost no memory that grows, and Alertmanager's webhooks no time.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page

from bench.bars import Bar, judge
from bench.browser import browser, signed_in
from bench.figures import median, percentile
from bench.news import say
from bench.processes import resident_mb
from devnet.settings import DevnetSettings
from understudy.errors import StackError
from understudy.stack import Stack
from understudy.stack.on_devnet import devnet_stack

MINUTES = 10
CLIENTS = 50
BARS = (
    Bar("webhook_ratio", most=1.5),
    Bar("switcher_growth_mb", most=5),
    Bar("page_growth_mb", most=2),
    Bar("streams_lost", most=0),
)
TOLD = ("minutes", "clients", "events", "webhook_ms_alone", "webhook_ms_watched")
NETWORK = DevnetSettings(witnesses=27, interval=3, rings=8, prehistory=60)
_ALONE = 60.0
"""Seconds of posting before and after, when nobody looks on."""

_REST = 0.5
_SETTLING = 60.0
"""Seconds after which everything that is kept for good is there, and growth is counted from."""


async def measure(minutes: int = MINUTES) -> dict[str, Any]:
    """Return the figures of `understudy bench faces`.

    Raises:
        StackError: the stack failed.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        async with devnet_stack(NETWORK, Path(folder), interval=None) as (_, stack):
            say("faces: nobody looks on")
            alone = await _posted(stack, _ALONE)
            async with browser() as chromium, _listeners(stack) as told:
                say(f"faces: {CLIENTS} streams and a page")
                context = await chromium.new_context()
                page = await signed_in(context, stack.switcher.url, stack.written.client_token)
                watched, memory = await _looked_on(stack, page, minutes * 60.0)
            say("faces: nobody looks on any more")
            alone += await _posted(stack, _ALONE)
    figures = {
        "minutes": minutes,
        "clients": CLIENTS,
        **memory,
        "events": told["events"],
        "streams_lost": told["lost"],
        "webhooks": len(watched),
        "webhook_ms_alone": median(alone),
        "webhook_ms_watched": median(watched),
        "webhook_ms_alone_p95": round(percentile(alone, 95), 1),
        "webhook_ms_watched_p95": round(percentile(watched, 95), 1),
        "webhook_ratio": round(percentile(watched, 50) / percentile(alone, 50), 2),
        "load": round(os.getloadavg()[2], 1),
    }
    return judge("faces", figures, BARS)


async def _looked_on(
    stack: Stack, page: Page, seconds: float
) -> tuple[list[float], dict[str, float]]:
    """Post for so long; return the milliseconds of each, and memory once settled and in the end."""
    settling = min(_SETTLING, seconds / 2)
    watched = await _posted(stack, settling)
    settled = await _memory(stack, page)
    watched += await _posted(stack, seconds - settling)
    end = await _memory(stack, page)
    growth = {f"{name}_growth_mb": round(end[name] - settled[name], 2) for name in end}
    told = {"settled": settled, "end": end}
    figures = {f"{n}_mb_{moment}": mb for moment, each in told.items() for n, mb in each.items()}
    return watched, {**figures, **growth}


async def _memory(stack: Stack, page: Page) -> dict[str, float]:
    return {"switcher": resident_mb(stack.switcher), "page": await _heap_mb(page)}


async def _heap_mb(page: Page) -> float:
    """Return what the page's scripts hold, after what they no longer need is gone."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return round(used / 1e6, 2)


@asynccontextmanager
async def _listeners(stack: Stack) -> AsyncIterator[dict[str, int]]:
    """Have others listen; what they heard is there in the end."""
    words = ("-m", "bench.listening", stack.switcher.url, str(CLIENTS))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told: dict[str, int] = {}
    assert process.stdin
    process.stdin.write(f"{stack.written.client_token}\n".encode())
    try:
        yield told
    finally:
        if process.returncode is None:
            process.terminate()
        out, _ = await process.communicate()
    if process.returncode or not out:
        raise StackError("The process that listens failed; see above.")
    told.update(json.loads(out))


async def _posted(stack: Stack, seconds: float) -> list[float]:
    """Post the dead man's switch as Alertmanager does; return the milliseconds of each."""
    loop, spent = asyncio.get_running_loop(), list[float]()
    token = stack.written.alertmanager_token.read_text(encoding="ascii").strip()
    ends, url = loop.time() + seconds, f"{stack.switcher.url}/alerts"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        while loop.time() < ends:
            began = time.perf_counter()
            (await client.post(url, json=_HEARTBEAT)).raise_for_status()
            spent.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(_REST)
    return spent


_HEARTBEAT = {
    "version": "4",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "switcher",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://127.0.0.1",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "AlertPathHeartbeat", "action": "heartbeat"},
            "annotations": {},
            "startsAt": "2026-11-21T08:26:05.123Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": "0123456789abcdef",
        }
    ],
}
