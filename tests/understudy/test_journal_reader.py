"""The journal as an operator reads it, from a real switcher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chains.settings import ChainSettings, NodeSettings, WitnessSettings
from devnet.keys import active_key
from switcher.auth import Scope
from switcher.service import serve
from tests.switcher.stage import Home, webhook_bytes
from tests.switcher.stage import alert as alert_about
from tests.understudy.canned import canned
from understudy.demo.journal import JournalReader

PAGE = 100
NOBODY = ChainSettings((NodeSettings("eu", "ws://127.0.0.1:1"),), (WitnessSettings("init0", ()),))


class Switcher:
    """A switcher that no node answers, at an address of its own."""

    def __init__(self, home: Home, url: str) -> None:
        self.home = home
        self.url = url

    def reader(self) -> JournalReader:
        return JournalReader(self.url, self.home.tokens[Scope.READ])

    async def accuse(self, count: int, first: int = 0) -> None:
        """Write something into the journal for each of so many witnesses."""
        accused = [f"w{number}" for number in range(first, first + count)]
        alerts = [alert_about("BTS1", witness=witness) for witness in accused]
        async with httpx.AsyncClient(base_url=self.url, timeout=15) as client:
            headers = self.home.bearer(Scope.ALERTS)
            answer = await client.post("/alerts", content=webhook_bytes(*alerts), headers=headers)
            answer.raise_for_status()


@pytest.fixture
async def switcher(tmp_path: Path) -> AsyncIterator[Switcher]:
    home = Home(tmp_path, active_key("init0").wif)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(NOBODY, home.settings(), on_listen=port.set_result))
    try:
        yield Switcher(home, f"http://127.0.0.1:{await asyncio.wait_for(port, 15)}")
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def opened(reader: JournalReader) -> list[str]:
    return [entry.witness for entry in await reader.news() if entry.kind == "opened"]


async def test_nothing_is_missed_when_much_is_written_between_two_looks(switcher: Switcher) -> None:
    async with switcher.reader() as reader:
        await switcher.accuse(5)
        assert await opened(reader) == [f"w{number}" for number in range(5)]
        for hundred in range(3):
            await switcher.accuse(PAGE, first=5 + PAGE * hundred)
        assert await opened(reader) == [f"w{number}" for number in range(5, 5 + 3 * PAGE)]
        assert await opened(reader) == []


async def test_a_connection_that_ends_as_a_question_comes_is_no_trouble() -> None:
    with canned() as switcher:
        switcher.answers["/api/journal"] = [(200, {"entries": [], "before": None})]
        async with JournalReader(f"http://{switcher.address}", "a-token") as reader:
            assert [await reader.news() for _ in range(2)] == [[], []]
