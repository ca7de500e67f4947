"""The status page in a real Chromium: what it weighs, and how soon there is something to see.

The browser runs already, and keeps nothing of an earlier load but the cookie.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from bench.bars import Bar, judge
from bench.browser import browser, signed_in
from bench.figures import median, percentile, spread
from devnet.settings import DevnetSettings
from understudy.stack.on_devnet import devnet_stack

LOADS = 30
BARS = (Bar("first_paint_ms_p50", most=200), Bar("transferred_kb", most=60))
TOLD = ("first_paint_ms_p95",)

_PAINT = """() => new Promise(found => new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) found(entry.startTime);
}).observe({type: "paint", buffered: true}))"""
_BYTES = """() => performance.getEntriesByType("navigation")
  .concat(performance.getEntriesByType("resource"))
  .reduce((sum, each) => sum + each.transferSize, 0)"""


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench page`.

    Raises:
        StackError: a program did not start.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        async with (
            devnet_stack(DevnetSettings(prehistory=60), Path(folder)) as (_, stack),
            browser() as chromium,
        ):
            figures = await _figures(chromium, stack.switcher.url, stack.written.client_token)
    figures["load"] = round(os.getloadavg()[2], 1)
    return judge("page", figures, BARS)


async def _figures(chromium: Browser, url: str, token: str) -> dict[str, Any]:
    paints, sizes = list[float](), list[float]()
    page = await signed_in(await chromium.new_context(), url, token)
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    for _ in range(LOADS):
        await page.goto(url, wait_until="load")
        paints.append(float(await page.evaluate(_PAINT)))
        sizes.append(float(await page.evaluate(_BYTES)) / 1000)
    return {
        "loads": LOADS,
        "spread": {"first_paint_ms_p50": spread(paints, 1)},
        "first_paint_ms_p50": median(paints),
        "first_paint_ms_p95": round(percentile(paints, 95), 1),
        "transferred_kb": round(max(sizes), 1),
    }
