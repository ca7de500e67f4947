"""A Chromium for measurements."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from understudy.errors import StackError

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run a Chromium that was never used before.

    Raises:
        StackError: there is none.
    """
    program = shutil.which("chromium")
    if program is None:
        raise StackError("There is no chromium on PATH; make .tools/chromium finds or unpacks one.")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield running
        finally:
            await running.close()


async def signed_in(context: BrowserContext, url: str, token: str) -> Page:
    """Return a page that shows how things stand."""
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.fill("#token", token)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_selector("#asof")
    return page
