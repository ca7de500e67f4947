"""Mining: one block at a time, beside everything else, and never on an abandoned chain."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chains.peer.blocks import Proof, Rule, verify
from peernode import mining
from peernode.errors import StoppingError
from peernode.mining import Miner, find_proof
from peernode.store import Store
from tests.peernode.made import EASY, LINKED, chain, first, held, put
from tests.peernode.running import Running, running

HOPELESS = Proof(Rule.PAIR, zeros=64)
"""A proof that nobody finds."""

_LONGEST_PAUSE = 0.05
"""Seconds; a step takes some 5 ms meanwhile, after which Python gives another thread its turn."""


@pytest.fixture
async def hopeless(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a node on which mining never ends by itself."""
    async with running(tmp_path / "peer.db", rule=HOPELESS) as node:
        yield node


async def searching() -> list[threading.Thread]:
    """Wait until a search is under way, and return its threads."""
    while not (threads := [t for t in threading.enumerate() if t.name.startswith("mining")]):
        await asyncio.sleep(0.01)
    return threads


async def turn_is_free(miner: Miner) -> None:
    async with asyncio.timeout(10), miner._turn:
        return


@pytest.mark.parametrize("rule", [EASY, LINKED], ids=["pair", "linked"])
def test_first_proof_that_holds_is_found(rule: Proof) -> None:
    last = first(rule)
    found = find_proof(rule, last, threading.Event())
    assert found is not None
    holds = [rule.holds(last.proof, proof, last.hash) for proof in range(found + 1)]
    assert holds == [False] * found + [True]


async def test_everything_else_goes_on_while_a_proof_is_searched(hopeless: Running) -> None:
    mine = asyncio.create_task(hopeless.client.get("/mine", timeout=60))
    await searching()
    pauses = []
    for _ in range(50):
        began = time.monotonic()
        await asyncio.sleep(0.001)
        pauses.append(time.monotonic() - began)
    assert sorted(pauses)[len(pauses) // 2] < _LONGEST_PAUSE
    assert (await hopeless.client.get("/chain/head")).status_code == 200
    assert not mine.done()
    mine.cancel()


async def test_caller_who_goes_away_ends_the_search(hopeless: Running) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await hopeless.client.get("/mine", timeout=0.3)
    await turn_is_free(hopeless.node.miner)
    assert hopeless.node.miner._stop.is_set()


async def test_caller_who_waits_for_his_turn_can_go_away_too(hopeless: Running) -> None:
    mine = asyncio.create_task(hopeless.client.get("/mine", timeout=60))
    await searching()
    with pytest.raises(httpx.ReadTimeout):
        await hopeless.client.get("/mine", timeout=0.3)
    assert not mine.done()
    mine.cancel()
    await turn_is_free(hopeless.node.miner)


async def test_node_that_stops_ends_the_search_and_says_so(hopeless: Running) -> None:
    asked = [asyncio.create_task(hopeless.client.get("/mine", timeout=60)) for _ in range(3)]
    await searching()
    began = time.monotonic()
    hopeless.server.should_exit = True
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].text == "The node is being stopped.\n"
    assert time.monotonic() < began + 5


async def test_those_who_mine_at_once_each_get_a_block_of_their_own(tmp_path: Path) -> None:
    async with running(tmp_path / "peer.db") as node:
        answers = await asyncio.gather(*[node.client.get("/mine") for _ in range(8)])
        assert sorted(answer.json()["index"] for answer in answers) == list(range(2, 10))
        whole = (await node.client.get("/chain")).json()["chain"]
        assert len(verify(None, whole, EASY)) == 9


async def test_search_begins_again_at_the_end_of_a_chain_that_was_adopted(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = chain(4)
    begun: list[str] = []
    searched = asyncio.Event()
    loop = asyncio.get_running_loop()

    def noted(rule: Proof, last: object, stop: threading.Event) -> int | None:
        begun.append(getattr(last, "hash"))  # noqa: B009
        if len(begun) > 1:
            return find_proof(rule, last, stop)  # type: ignore[arg-type]
        loop.call_soon_threadsafe(searched.set)
        stop.wait(20)
        return None

    async with Store(sqlite_url, EASY) as store:
        await store.begin(5.0)
        ours = await store.tip()
        miner = Miner(store, EASY, lambda: 9.0)
        monkeypatch.setattr(mining, "find_proof", noted)
        mine = asyncio.create_task(miner.mine())
        await searched.wait()
        await put(store, theirs)
        miner.abandon()
        block = await mine
        await miner.close()
        assert ours
        assert begun == [ours.hash, theirs[-1].hash]
        assert block["index"] == 5
        assert (await held(store))[:4] == [each.body for each in theirs]


async def test_proof_that_was_found_for_an_abandoned_block_forges_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = chain(4)
    async with Store(sqlite_url, EASY) as store:
        await store.begin(5.0)
        miner = Miner(store, EASY, lambda: 9.0)
        forge = store.forge

        async def late(*args: object) -> object:
            if await store.length() == 1:
                await put(store, theirs)
            return await forge(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "forge", late)
        assert (await miner.mine())["index"] == 5
        assert len(await held(store)) == 5
        await miner.close()


async def test_stopped_node_mines_no_more(sqlite_url: str) -> None:
    async with Store(sqlite_url, EASY) as store:
        await store.begin(5.0)
        miner = Miner(store, EASY)
        await miner.close()
        with pytest.raises(StoppingError):
            await miner.mine()
        assert await store.length() == 1
