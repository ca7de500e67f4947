"""What a node keeps over restarts, and what it does about a database that isn't its own."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bench.postgresql import Cluster
from chains.peer.blocks import Proof, Rule
from peernode import pending
from peernode.errors import ChainMovedError, RefusedError, StoreError
from peernode.store import Store
from tests.peernode.made import EASY, after, bodies, chain, first, held, paid, put
from tests.peernode.running import running


async def forge(store: Store, now: float = 5.0) -> dict[str, Any]:
    last = await store.tip()
    assert last
    return await store.forge(last, after(last).proof, now)


async def test_a_new_node_makes_a_first_block_of_its_own_and_keeps_it(database: str) -> None:
    async with Store(database, EASY) as store:
        assert await store.tip() is None
        await store.begin(7.5)
        node_id, tip = store.node_id, await store.tip()
        assert len(node_id) == 32
    assert tip
    assert json.loads(tip.body) == {
        "index": 1,
        "timestamp": 7.5,
        "transactions": [],
        "proof": 100,
        "previous_hash": 1,
    }
    async with Store(database, EASY) as store:
        await store.begin(9.5)
        assert await store.tip() == tip
        assert store.node_id == node_id


async def test_chain_transactions_and_nodes_survive_a_restart(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, chain(5))
        await store.take(paid("a"))
        await store.take(paid("b"))
        await store.register(["http://one:1", "http://two:2"])
        before = await held(store)
    async with Store(database, EASY) as store:
        assert await held(store) == before == bodies(chain(5))
        forged = await forge(store)
        assert [each["sender"] for each in forged["transactions"]] == ["a", "b", "0"]
        assert await store.nodes() == ["http://one:1", "http://two:2"]


async def test_forged_block_holds_what_waited_and_pays_last(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, chain(2))
        assert await store.take(paid("a", {"ß": [1.5, None, "\ud800"]})) == 3
        assert await store.take(paid("a", 1)) == 3
        assert await store.take(paid("a", 1.0)) == 3
        forged = await forge(store, 8.25)
        assert forged["index"] == 3
        assert forged["timestamp"] == 8.25
        assert [each["amount"] for each in forged["transactions"]] == [
            *({"ß": [1.5, None, "\ud800"]}, 1, 1.0, 1)
        ]
        assert forged["transactions"][-1] == {
            "sender": "0",
            "recipient": store.node_id,
            "amount": 1,
        }
        again = await forge(store)
        assert [each["sender"] for each in again["transactions"]] == ["0"]
        head = await store.head()
        assert head.size == sum(map(len, await held(store)))


async def test_block_on_an_older_tip_is_not_forged(database: str) -> None:
    async with Store(database, EASY) as store:
        await put(store, chain(3))
        last = await store.block(2)
        assert last
        with pytest.raises(ChainMovedError):
            await store.forge(last, after(last).proof, 5.0)
        assert await store.length() == 3


async def test_more_than_goes_into_a_block_waits_for_the_next(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST_IN_BLOCK", 150)
    async with Store(database, EASY) as store:
        await put(store, chain(1))
        for sender in "abc":
            await store.take(paid(sender))
        forged = [await forge(store) for _ in range(3)]
    senders = ["".join(each["sender"] for each in block["transactions"]) for block in forged]
    assert senders == ["ab0", "c0", "0"]


async def test_transactions_beyond_the_limit_are_refused_and_none_is_lost(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST", 2)
    async with Store(database, EASY) as store:
        await put(store, chain(1))
        await store.take(paid("a"))
        await store.take(paid("b"))
        with pytest.raises(RefusedError, match="2 transactions wait") as refused:
            await store.take(paid("c"))
        assert refused.value.status == 503
        assert len((await forge(store))["transactions"]) == 3


async def test_reading_goes_on_with_the_chain_as_it_was_while_another_is_adopted(
    database: str,
) -> None:
    common = chain(3)
    ours, theirs = chain(6, on=common, stamp=3.0), chain(9, on=common, stamp=4.0)
    async with Store(database, EASY) as store:
        await put(store, ours)
        async with store.snapshot() as snapshot:
            await put(store, theirs, 3)
            assert snapshot.head.length == 6
            read = [part async for part in snapshot.read(1, 6, list)]
        assert [body for part in read for body in part] == bodies(ours)
        assert await held(store) == bodies(theirs)


async def test_whole_chain_is_read_in_parts_and_a_large_block_comes_alone(sqlite_url: str) -> None:
    blocks = [first()]
    for size in (1, 300_000, 1, 200_000, 100_000, 1):
        blocks.append(after(blocks[-1], [paid("x" * size)]))
    async with Store(sqlite_url, EASY) as store:
        await put(store, blocks)
        async with store.snapshot() as snapshot:
            parts = [part async for part in snapshot.read(2, 7, len)]
            size = await snapshot.size(2, 7)
        assert parts == [1, 1, 2, 2]
        assert size == sum(len(block.body) for block in blocks[1:])


async def test_a_second_node_is_kept_from_the_database_until_the_first_ends(
    database: str,
) -> None:
    async with Store(database, EASY):
        with pytest.raises(StoreError, match="Another node uses the database"):
            async with Store(database, EASY):
                pass
    async with Store(database, EASY) as store:
        assert await store.tip() is None


async def test_node_whose_connection_was_cut_goes_on(
    postgresql: Cluster, postgresql_url: str
) -> None:
    async with Store(postgresql_url, EASY) as store:
        await put(store, chain(2))
        await asyncio.to_thread(postgresql.end_holders, postgresql_url.rpartition("/")[2])
        await store.take(paid("a"))
        assert len((await forge(store))["transactions"]) == 2


async def test_database_of_a_later_version_is_refused(database: str) -> None:
    async with Store(database, EASY):
        pass
    engine = create_engine(database)
    with engine.begin() as db:
        db.execute(text("update peer_facts set value = '700' where name = 'version'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"schema 700.*knows schema 1 only"):
        async with Store(database, EASY):
            pass


@pytest.mark.parametrize("table", ["peer_blocks", "peer_facts"])
async def test_database_of_another_program_is_refused(database: str, table: str) -> None:
    engine = create_engine(database)
    with engine.begin() as db:
        db.execute(text(f"create table {table} (x int)"))
    engine.dispose()
    with pytest.raises(StoreError, match=f"not ours: {table}"):
        async with Store(database, EASY):
            pass


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "must be a file"),
        ("sqlite:////nowhere/peer.db", "can't be made"),
        ("mysql://x", "none of"),
        ("nonsense", "can't be opened"),
    ],
)
async def test_database_that_can_t_be_used_is_told_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        async with Store(url, EASY):
            pass


async def test_file_is_for_its_owner_alone(sqlite_url: str) -> None:
    async with Store(sqlite_url, EASY):
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "peer.db"
    path.write_text("no database at all, but long enough to look at" * 50)
    with pytest.raises(StoreError, match="not a database"):
        async with Store(f"sqlite:///{path}", EASY):
            pass


async def test_chain_of_the_other_rule_is_refused(database: str) -> None:
    async with Store(database, Proof(Rule.PAIR)):
        pass
    with pytest.raises(StoreError, match="found by the rule pair, not linked"):
        async with Store(database, Proof(Rule.LINKED)):
            pass


async def test_database_that_is_gone_is_told_and_loses_nobody(
    postgresql: Cluster, postgresql_url: str
) -> None:
    async with running(postgresql_url) as node:
        postgresql.drop_database(postgresql_url.rpartition("/")[2])
        for method, path in (("GET", "/chain"), ("GET", "/mine"), ("GET", "/nodes/resolve")):
            answer = await node.client.request(method, path)
            assert (answer.status_code, "can't be used at present" in answer.text) == (503, True)
        assert (await node.client.get("/healthz")).status_code == 200
