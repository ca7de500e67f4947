"""A devnet with two rings and a switcher on it, and a real Chromium that looks at the switcher."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from bench.browser import FLAGS
from switcher.auth import Scope
from tests.switcher.stage import alert, webhook
from tests.understudy.playhouse import Playhouse, ended, furnished, start, wait_for

PATIENCE = 60_000
"""Milliseconds."""


@dataclass
class House:
    """The running devnet and switcher, which can be stopped and started again."""

    playhouse: Playhouse
    switcher: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return self.playhouse.address

    def kill(self, host: str) -> None:
        """Have a host of the devnet die."""
        url = f"{self.playhouse.devnet['control']}/faults/kill"
        httpx.post(url, json={"host": host}).raise_for_status()

    def accuse(self, witness: str, producer: str) -> None:
        """Post what Alertmanager would about the key of a host."""
        witnesses = self.playhouse.devnet["configuration"]["bitshares"]["witnesses"]
        ring = next(each["producers"] for each in witnesses if each["account"] == witness)
        key = next(each["signing_key"] for each in ring if each["name"] == producer)
        httpx.post(
            f"{self.address}/alerts",
            json=webhook(alert(key, witness=witness)),
            headers={"Authorization": f"Bearer {self.playhouse.tokens[Scope.ALERTS]}"},
        ).raise_for_status()

    def stop(self) -> None:
        """Have the switcher end."""
        with self.switcher:
            self.switcher.terminate()
            assert self.switcher.wait(15) == 0

    def start(self) -> None:
        """Start the switcher, and wait until it is of use."""
        self.switcher = start_switcher(self.playhouse)


def start_switcher(playhouse: Playhouse) -> subprocess.Popen[str]:
    log = playhouse.folder / "log"
    process = start("switcher", "--config", str(playhouse.config), log=log)
    wait_for(playhouse, process)
    return process


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """Run everything."""
    devnet = start("devnet", "--rings", "2", "--prehistory", "60", "--port", "0", "--json")
    with ended(devnet):
        assert devnet.stdout
        playhouse = furnished(folder, json.loads(devnet.stdout.readline()))
        running = House(playhouse, start_switcher(playhouse))
        try:
            yield running
        finally:
            with ended(running.switcher):
                pass


@dataclass
class Audience:
    """A browser, and what its pages did that they should not."""

    browser: Browser
    house: House
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, *, width: int = 1100, scheme: Any = "light", script: bool = True) -> Page:
        """Return a page of its own, signed in by nobody."""
        context = self.browser.new_context(
            base_url=self.house.address,
            color_scheme=scheme,
            java_script_enabled=script,
            viewport={"width": width, "height": 900},
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", self._requested)
        page.on("console", lambda told: self._complained(told.type, told.text))
        page.on("pageerror", lambda error: self._complained("error", str(error)))
        return page

    def signed_in(self, scope: Scope = Scope.OPERATE, **options: Any) -> Page:
        """Return a page that shows how things stand."""
        page = self.page(**options)
        page.goto("/")
        page.fill("#token", self.house.playhouse.tokens[scope])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("#asof")
        return page

    def leave(self) -> None:
        """Close all pages."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(f"{self.house.address}/"):
            self.elsewhere.append(request.url)

    def _complained(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or (kind == "error" and "status of 4" not in text):
            self.complaints.append(text)


@contextlib.contextmanager
def audience(running: House) -> Iterator[Audience]:
    """Run a Chromium that was never used before."""
    program = shutil.which("chromium")
    assert program, "There is no chromium: run make .tools/chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield Audience(browser, running)
        finally:
            browser.close()
