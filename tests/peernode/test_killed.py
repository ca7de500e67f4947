"""A node that is killed while it adopts a chain has the old one or the new one, nothing between."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.peer.blocks import PeerBlock, Proof, Rule
from peernode.store import Store
from tests.faults.deaths import Death, at
from tests.faults.timings import timings
from tests.peernode.command import node
from tests.peernode.made import after, bodies, chain, first, held, paid, put
from tests.peernode.running import running

RULE = Proof(Rule.PAIR)

MOMENTS = (
    at("settled, not yet moved", "peernode.pending:settle"),
    at("moved, not yet committed", "peernode.adopting:adopt"),
    at("while it is staged", "peernode.adopting:stage"),
    at("before it is adopted", "peernode.adopting:adopt", "--before"),
    at("transactions given back", "peernode.pending:give_back"),
)


@pytest.fixture(scope="module")
def blocks() -> list[PeerBlock]:
    """Return a chain with the proofs that a node started by its command wants."""
    return chain(5, rule=RULE)


@timings("moment", *MOMENTS, always=2)
async def test_killed_before_the_adoption_is_written_it_has_the_old_chain(
    tmp_path: Path, blocks: list[PeerBlock], moment: Death
) -> None:
    ours = [first(RULE, stamp=9.0)]
    ours.append(after(ours[-1], [paid("a")], RULE))
    database = tmp_path / "ours.db"
    async with Store(f"sqlite:///{database}", RULE) as store:
        await put(store, ours)
        await store.take(paid("b"))
    async with running(tmp_path / "theirs.db", rule=RULE) as theirs:
        await put(theirs.node.store, blocks)
        doomed = ("tests.faults.doomed", *moment.words, "--")
        async with node(database, "--peer", theirs.url, program=doomed) as (_, process):
            assert await process.wait() == -9
        async with Store(f"sqlite:///{database}", RULE) as store:
            assert await held(store) == bodies(ours)
        async with running(database, [theirs.url], RULE) as again:
            assert (await again.node.resolver.resolve()).replaced
            assert await held(again.node.store) == bodies(blocks)
            forged = (await again.client.get("/mine")).json()
            assert [each["sender"] for each in forged["transactions"]] == ["a", "b", "0"]


async def test_killed_once_the_adoption_is_written_it_has_the_new_chain(
    tmp_path: Path, blocks: list[PeerBlock]
) -> None:
    database = tmp_path / "ours.db"
    async with running(tmp_path / "theirs.db", rule=RULE) as theirs:
        await put(theirs.node.store, blocks)
        doomed = ("tests.faults.doomed", "--at", "peernode.store:Store.adopt", "--")
        async with node(database, "--peer", theirs.url, program=doomed) as (_, process):
            assert await process.wait() == -9
    async with Store(f"sqlite:///{database}", RULE) as store:
        assert await held(store) == bodies(blocks)
