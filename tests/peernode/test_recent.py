"""Which search serves who asks for the longest chain: one under way, one that is over, his own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from peernode.errors import StoreError
from peernode.resolve import Resolver
from tests.peernode.counting import Counting
from tests.peernode.made import chain, put
from tests.peernode.running import replica, running

NOBODY = "http://127.0.0.1:1"


class Clock:
    """Goes on when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(resolver, "_steady", lambda: self.now)


async def test_who_wants_no_older_search_joins_none_that_began_earlier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    async with running(tmp_path / "ours.db", [NOBODY]) as ours:
        resolve = ours.node.resolver.resolve
        earlier = asyncio.create_task(resolve())
        await searches.has_begun()
        asked = [asyncio.create_task(resolve(max_age=age)) for age in (0.0, 0.0, None)]
        await asyncio.sleep(0)
        searches.go.set()
        first, *later, joined = await asyncio.gather(earlier, *asked)
        assert searches.begun == 2
        assert joined is first
        assert all(each is not first for each in later)


async def test_search_is_as_old_as_its_beginning_however_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    async with running(tmp_path / "ours.db", [NOBODY]) as ours:
        resolve, clock = ours.node.resolver.resolve, Clock(monkeypatch, ours.node.resolver)
        slow = asyncio.create_task(resolve())
        await searches.has_begun()
        clock.now += 3
        not_joined = asyncio.create_task(resolve(max_age=2))
        await asyncio.sleep(0)
        searches.go.set()
        assert await not_joined is not await slow
        assert searches.begun == 2
        clock.now += 1
        assert await resolve(max_age=2) is await not_joined
        clock.now += 2
        assert await resolve(max_age=2) is not await not_joined
        assert searches.begun == 3


async def test_search_that_is_over_serves_for_a_while_who_wants_them_to_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    searches.go.set()
    async with running(tmp_path / "ours.db", [NOBODY]) as ours:
        resolve, clock = ours.node.resolver.resolve, Clock(monkeypatch, ours.node.resolver)
        first = await resolve(rest=10)
        clock.now += 9
        assert await resolve(rest=10) is first
        assert await resolve() is not first
        clock.now += 11
        await resolve(rest=10)
        assert searches.begun == 3


async def test_strangers_make_a_replica_search_only_so_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    searches.go.set()
    async with (
        running(tmp_path / "one.db") as one,
        replica(tmp_path / "replica.db", [one.url]) as (served, client),
    ):
        clock = Clock(monkeypatch, served.resolver)
        await put(one.node.store, chain(3))
        first = (await client.get("/nodes/resolve")).json()
        assert len(first["new_chain"]) == 3
        await put(one.node.store, chain(4))
        clock.now += 9
        for _ in range(3):
            assert (await client.get("/nodes/resolve")).json() == first
        assert searches.begun == 1
        clock.now += 2
        assert len((await client.get("/nodes/resolve")).json()["new_chain"]) == 4
        await put(one.node.store, chain(5))
        assert (await served.resolve(max_age=0.0)).length == 5
        assert searches.begun == 3


async def test_search_that_failed_is_not_repeated_by_strangers_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def failing(*_: object, **__: object) -> object:
        nonlocal begun
        begun += 1
        raise StoreError("The disk is full.")

    monkeypatch.setattr("peernode.resolve.find_longest", failing)
    async with replica(tmp_path / "replica.db", [NOBODY]) as (_, client):
        for _ in range(3):
            assert (await client.get("/nodes/resolve")).status_code == 503
        assert begun == 1


async def test_bare_node_asks_the_others_whenever_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = Counting(monkeypatch)
    searches.go.set()
    async with running(tmp_path / "ours.db", [NOBODY]) as ours:
        for _ in range(2):
            assert (await ours.client.get("/nodes/resolve")).status_code == 200
        assert searches.begun == 2
