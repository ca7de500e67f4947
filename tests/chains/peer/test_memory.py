"""What didn't change since the last search, or is the same at several peers, costs little."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chains.peer import blocks, plain, stream
from chains.peer.blocks import PeerBlock
from chains.peer.memo import Body, Memory
from chains.peer.search import find_longest
from chains.peer.size import Size
from chains.peer.stream import Whole
from chains.standing import Verdict

from .made import EASY, Kept, forged, whole
from .nodes import Own, Plain, hang, serving
from .searching import searched, searching

CHAIN = forged(60)
LONGER = forged(64, CHAIN)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many blocks of whole chains were verified, call by call; chunks are 1 kB."""
    counts: list[int] = []
    verify = blocks.verify

    def counted(last: PeerBlock | None, values: Sequence[Any], rule: Any) -> list[PeerBlock]:
        counts.append(len(values))
        return verify(last, values, rule)

    monkeypatch.setattr(stream, "verify", counted)
    monkeypatch.setattr(plain, "CHUNK", 1000)
    return counts


async def test_what_several_peers_have_alike_is_verified_once(verified: list[int]) -> None:
    held = Kept()
    await searched(held, *(Plain(CHAIN, f"p{number}") for number in range(6)))
    assert sum(verified) == 60
    assert held.adopted() == CHAIN


async def test_a_chain_that_has_grown_is_verified_from_where_it_grew(verified: list[int]) -> None:
    memory, node = Memory(), Plain(CHAIN, "p1")
    await searched(Kept(CHAIN), node, memory=memory)
    assert sum(verified) == 60
    verified.clear()
    node.chain = LONGER
    held = Kept(CHAIN)
    outcome = await searched(held, node, memory=memory)
    assert outcome.best is not None
    assert held.adopted() == LONGER
    assert 4 <= sum(verified) <= 12


async def test_an_unchanged_whole_chain_is_not_read_again() -> None:
    memory, node = Memory(), Plain(CHAIN, "p1")
    async with serving(node) as peers, searching(peers) as (network, settings):
        for _ in range(3):
            held = Kept(CHAIN)
            outcome = await find_longest(network, peers, held, held, settings, memory=memory)
            assert outcome.standings[0].verdict is Verdict.CANONICAL
        assert node.asked.count("GET /chain") == 1
        assert node.asked.count("HEAD /chain") == 2
        held = Kept(CHAIN[:50])
        outcome = await find_longest(network, peers, held, held, settings, memory=memory)
        assert outcome.best is not None
        assert held.adopted() == CHAIN


def test_a_peer_that_may_have_become_one_of_our_own_kind_is_asked_again() -> None:
    memory = Memory()
    memory.note_plain("http://p1", 100.0)
    assert memory.is_plain("http://p1", 100.0 + 599)
    assert not memory.is_plain("http://p1", 100.0 + 601)
    memory.note_plain("http://p1", 701.0)
    assert memory.is_plain("http://p1", 1200.0)


def test_a_body_is_read_again_after_a_while_though_it_looks_unchanged() -> None:
    memory, body = Memory(), Body(Size(10, None), Whole(EASY), 50.0)
    memory.note_body("http://p1", body)
    assert memory.body("http://p1", 900.0) is body
    assert memory.body("http://p1", 951.0) is None


def test_memory_has_an_end() -> None:
    memory = Memory(most=20_000)
    state, _ = Whole(EASY).fed(whole(CHAIN)[:3000])
    for number in range(100):
        memory.remember(b"%d" % number, state)
    kept = [number for number in range(100) if memory.state(b"%d" % number)]
    assert 5 < len(kept) < 20
    assert kept[-1] == 99
    memory.state(b"%d" % kept[0])
    memory.remember(b"more", state)
    assert memory.state(b"%d" % kept[0])
    assert not memory.state(b"%d" % kept[1])


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_progress_is_told_up_to_the_end(
    kind: type[Plain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "CHUNK", 1000)
    told: list[tuple[int, int, str]] = []
    node = kind(forged(90, CHAIN), "p1")
    await searched(Kept(CHAIN), node, on_progress=lambda *at: told.append(at))
    assert told[-1] == (90, 90, "p1")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert all(done <= total for done, total, _ in told)


class Broken(Kept):
    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        raise OSError("no space left")


@pytest.mark.parametrize("kind", [Own, Plain])
async def test_a_database_that_fails_is_no_fault_of_the_peers(kind: type[Plain]) -> None:
    with pytest.raises(OSError, match="no space left"):
        await searched(Broken(CHAIN), kind(LONGER, "p1"))


async def test_a_search_that_is_given_up_leaves_nothing_running() -> None:
    node = Own(LONGER, "p1")
    node.instead["/chain/blocks"] = hang
    search = asyncio.create_task(searched(Kept(CHAIN), node))
    async with asyncio.timeout(5):
        while not any("/chain/blocks" in each for each in node.asked):
            await asyncio.sleep(0.01)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    files = {task.get_coro().cr_code.co_filename for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert not [name for name in files if Path(name).parent == Path(plain.__file__).parent]
