"""What a peer made of it when it was asked, while the peers are looked at for somebody else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from chains.peer.search import find_longest
from switcher.resolving import approach
from switcher.resolving.asking import order, preview
from switcher.resolving.model import Wish
from tests.switcher.resolving.peering import LONG, P1, SHORT, peers, replica_settings, scene


class Paused:
    """A search that has `seen` the peers, and tells what it found once it may `go` on."""

    def __init__(self) -> None:
        self.seen, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, *args: Any, **options: Any) -> Any:
        found = await find_longest(*args, **options)
        self.seen.set()
        await self.go.wait()
        return found


async def test_look_that_began_before_the_peer_was_asked_does_not_say_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Paused()
    seen, go = search.seen, search.go
    go.set()
    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            really_ask = approach.ask
            others: list[asyncio.Task[Any]] = []

            async def ask(*args: Any) -> approach.Answer:
                go.clear()
                seen.clear()
                others.append(asyncio.create_task(s.keeper.compare("p2")))
                await seen.wait()
                answer = await really_ask(*args)
                asyncio.get_running_loop().call_later(0.2, go.set)
                return answer

            monkeypatch.setattr("peernode.resolve.find_longest", search)
            monkeypatch.setattr(approach, "ask", ask)
            await s.post()
            await s.step()
            assert (await s.words())[-2:] == ["converged", "resolved"]
            [other] = others
            assert (await other).trouble == ""


async def test_search_that_began_before_the_alert_says_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Paused()
    seen, go = search.seen, search.go
    with peers(LONG, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.keeper.compare("p1")
            with monkeypatch.context() as patch:
                patch.setattr("peernode.resolve.find_longest", search)
                earlier = asyncio.create_task(s.keeper.compare("p2"))
                await seen.wait()
            assert s.keeper._replica
            resolver = s.keeper._replica.resolver
            monkeypatch.setattr(resolver, "_steady", lambda: time.monotonic() + 5)
            p1.hold(SHORT)
            await s.post()
            asyncio.get_running_loop().call_later(0.2, go.set)
            await s.step()
            assert (await s.words())[1:] == ["resolve", "asked", "converged", "resolved"]
            await earlier


async def test_order_is_refused_for_nothing_that_was_seen_before_it(tmp_path: Path) -> None:
    wish = Wish("maria", "it lags")
    with peers(LONG, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            refusal = (await preview(s.staff, P1, wish)).refusal
            assert refusal and "has the longest valid chain" in refusal
            p1.hold(SHORT)
            assert (await preview(s.staff, P1, wish)).refusal == refusal
            assert (await order(s.staff, P1, wish)).subject == P1
