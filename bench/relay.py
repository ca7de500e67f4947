"""Between Alertmanager and a switcher: passes webhooks on, and remembers what was answered."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

from bench.news import News
from understudy.stack import Stack

_PASSED_ON = ("Authorization", "Content-Type")
_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Posting:
    """A webhook on its way: its alerts, when it was passed on, and what the switcher answered.

    `receipts` are the answer's, one for each alert. Times are seconds since the epoch.
    """

    began: float
    answered: float
    status: int
    alerts: tuple[Mapping[str, Any], ...]
    receipts: tuple[Mapping[str, Any], ...] = ()

    @property
    def results(self) -> list[str]:
        """What was made of its alerts."""
        return [receipt["result"] for receipt in self.receipts]

    def has(self, **labels: str) -> bool:
        """Tell whether it has an alert with these labels."""
        return any(labels.items() <= alert["labels"].items() for alert in self.alerts)


@dataclass
class Ledger:
    """Everything that a sender was answered, in order."""

    postings: list[Posting] = field(default_factory=list)
    _news: News = field(default_factory=News)

    def note(self, posting: Posting) -> None:
        """Write down an answer."""
        self.postings.append(posting)
        self._news.announce()

    @property
    def acknowledged(self) -> list[Posting]:
        """Those answered with 202."""
        return [posting for posting in self.postings if posting.status == 202]

    async def first(self, wanted: Callable[[Posting], bool], timeout: float = 40.0) -> Posting:
        """Wait for the first posting of its kind, from the beginning on."""
        async with asyncio.timeout(timeout):
            return await self._news.until(lambda: next(filter(wanted, self.postings), None))


class Relay:
    """A reverse proxy before one switcher: `async with Relay(switcher_url, port)`.

    Where nobody answers, it answers 502, which Alertmanager takes for a reason to try again.
    """

    def __init__(self, target: str, port: int) -> None:
        self.target = target
        self.address = f"127.0.0.1:{port}"
        self.ledger = Ledger()
        self._port = port

    async def __aenter__(self) -> Self:
        self._client = aiohttp.ClientSession(timeout=_PATIENCE)
        self._runner = await listening(self._port, "/alerts", self._pass_on)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        alerts, began = tuple((await request.json())["alerts"]), time.time()
        status, told = await self._answer(request)
        receipts = tuple(json.loads(told)["alerts"]) if status == 202 else ()
        self.ledger.note(Posting(began, time.time(), status, alerts, receipts))
        return web.Response(status=status)

    async def _answer(self, request: web.Request) -> tuple[int, bytes]:
        """Return the switcher's answer, its status and its body, to what was sent to it."""
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        url, body = f"{self.target}/alerts", await request.read()
        try:
            async with self._client.post(url, data=body, headers=headers) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return 502, b""


async def listening(
    port: int, path: str, take: Callable[[web.Request], Awaitable[web.Response]]
) -> web.AppRunner:
    """Listen for what is posted to a loopback port, until `cleanup` of what is returned."""
    application = web.Application()
    application.router.add_post(path, take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def lead_through(relays: Iterable[Relay], stack: Stack) -> None:
    """Have every Alertmanager of a running stack post to the relays instead of the switchers."""
    path = stack.directory / "alertmanager.yml"
    text = path.read_text()
    for relay in relays:
        assert relay.target in text
        text = text.replace(relay.target, f"http://{relay.address}")
    path.write_text(text)
    reload(stack)


def reload(stack: Stack) -> None:
    """Have every Alertmanager of a running stack read its configuration again."""
    for alertmanager in stack.alertmanagers:
        assert alertmanager.pid
        os.kill(alertmanager.pid, signal.SIGHUP)
