"""Several who want the longest chain at a time, and what happens while it is searched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from peernode.errors import StoppingError
from peernode.resolution import Outcome
from tests.peernode.counting import Counting
from tests.peernode.made import bodies, chain, held, put
from tests.peernode.running import Running, replica, running


@asynccontextmanager
async def behind_another(folder: Path) -> AsyncIterator[Running]:
    """Run a node that knows another with a longer chain."""
    async with (
        running(folder / "one.db") as one,
        running(folder / "ours.db", [one.url]) as ours,
    ):
        await put(one.node.store, chain(4))
        yield ours


async def test_two_who_ask_at_once_get_one_search_s_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    async with behind_another(tmp_path) as ours:
        asked = [asyncio.create_task(ours.client.get("/nodes/resolve")) for _ in range(3)]
        await searches.has_begun()
        with pytest.raises(httpx.ReadTimeout):
            await ours.client.get("/nodes/resolve", timeout=0.2)
        searches.go.set()
        answers = [task.json() for task in await asyncio.gather(*asked)]
        assert [each["message"] for each in answers] == ["Our chain was replaced"] * 3
        assert searches.begun == 1


async def test_first_one_who_goes_away_ends_nothing_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    async with behind_another(tmp_path) as ours:
        leaving = asyncio.create_task(ours.client.get("/nodes/resolve"))
        await searches.has_begun()
        staying = asyncio.create_task(ours.client.get("/nodes/resolve"))
        leaving.cancel()
        await asyncio.wait({leaving})
        searches.go.set()
        assert (await staying).json()["message"] == "Our chain was replaced"
        assert searches.begun == 1


async def test_node_that_stops_ends_the_search_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    async with running(tmp_path / "ours.db", ["http://127.0.0.1:1"]) as ours:
        asked = asyncio.create_task(ours.client.get("/nodes/resolve"))
        await searches.has_begun()
        ours.server.should_exit = True
        assert (await asked).status_code == 503
        with pytest.raises(StoppingError):
            await ours.node.resolver.resolve()


async def test_block_that_is_mined_during_a_search_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = chain(3)
    async with (
        running(tmp_path / "one.db") as one,
        running(tmp_path / "ours.db", [one.url]) as ours,
    ):
        await put(one.node.store, chain(4, on=common, stamp=4.0))
        await put(ours.node.store, common)
        adopt = ours.node.store.adopt

        async def late(*args: Any) -> Any:
            if await ours.node.store.length() == 3:
                await ours.client.get("/mine")
            return await adopt(*args)

        monkeypatch.setattr(ours.node.store, "adopt", late)
        resolution = await ours.node.resolver.resolve()
        assert resolution.outcome is Outcome.AUTHORITATIVE
        assert (await ours.client.get("/chain/head")).json()["length"] == 4
        assert (await held(ours.node.store))[:3] == bodies(common)
        assert await held(ours.node.store) != await held(one.node.store)


async def test_person_who_allows_more_does_not_join_a_search_that_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = chain(3)
    searches = Counting(monkeypatch)
    async with (
        running(tmp_path / "one.db") as one,
        replica(tmp_path / "replica.db", [one.url], max_depth=1) as (served, _),
    ):
        await put(served.store, chain(6, on=common, stamp=3.0))
        await put(one.node.store, chain(8, on=common, stamp=4.0))
        plain = asyncio.create_task(served.resolve())
        await searches.has_begun()
        allowed = asyncio.create_task(served.resolve(allow_depth=5))
        joined = asyncio.create_task(served.resolve())
        searches.go.set()
        assert (await plain).outcome is Outcome.TOO_DEEP
        assert (await joined).outcome is Outcome.TOO_DEEP
        assert (await allowed).outcome is Outcome.REPLACED
        assert searches.begun == 2
