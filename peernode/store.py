"""What a node keeps: its chain, what waits for a block, and the nodes that it asks.

Everything that changes something is done in one thread, one after the other, and is on the disk
before its call returns. Reading is done beside it, in threads of its own, so that neither a large
adoption nor a slow reader holds anybody up. No call blocks the event loop.

A database is for one node at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import Connection, inspect, make_url

from chains.peer.blocks import FIRST_PROOF, PeerBlock, Proof, verify
from peernode import adopting, pending, registered, rows, tables
from peernode.adopting import Adopted, Fork
from peernode.errors import ChainMovedError, StoreError, UnreachableError
from peernode.readers import Readers
from peernode.rows import Head
from peernode.snapshot import Snapshot
from storing import postgresql
from storing.database import Database, open_database, open_reader
from storing.tenant import Tenant
from storing.worker import Worker

CHAIN = Tenant(
    what="The chain",
    setting="the database's URL",
    in_use="Another node uses the database {place}: stop it first, or give each its own.",
    error=StoreError,
    unreachable=UnreachableError,
    lock=1886741861,  # "peer"
)
_MEMORY = (None, "", ":memory:")


class Store:
    """An open database of a node; use it as an asynchronous context manager.

    Every method raises `StoreError` when the database can't do it. It is what `chains.peer` calls
    a held chain. `proof` is the rule of the chain, which stays the same for good.
    """

    def __init__(self, url: str, proof: Proof) -> None:
        self._proof = proof
        self._writer = Worker(partial(_open, url), "chain")
        self._readers = Readers(partial(open_reader, CHAIN, url))
        self.node_id = ""

    async def __aenter__(self) -> Self:
        try:
            await self._writer.open()
            rule = f"{self._proof.rule}" + f" of {self._proof.zeros}" * (self._proof.zeros != 4)
            self.node_id = await self._writer.write(tables.prepare, rule, uuid4().hex)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._readers.close()
        await self._writer.close()

    async def head(self) -> Head:
        """Return what stands at our chain's end."""
        return await self._readers.read(rows.head)

    async def length(self) -> int:
        """Return our chain's length in blocks."""
        return (await self.head()).length

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        """Return our blocks' hashes at some heights, None where there is none."""
        return await self._readers.read(rows.hashes_at, heights)

    async def size(self, height: int) -> int:
        """Return what our blocks up to a height take, in bytes.

        Raises:
            ChainMovedError: there is no such block.
        """
        return await self._readers.read(rows.end_at, height)

    async def block(self, height: int) -> PeerBlock | None:
        """Return a block of ours, None where there is none."""
        return await self._readers.read(rows.block_at, height)

    async def head_and_hash(self, height: int) -> tuple[Head, str | None]:
        """Return our chain's end and the hash of a block of the same chain."""
        return await self._readers.read(_head_and_hash, height)

    async def tip(self) -> PeerBlock | None:
        """Return our newest block, None for an empty chain."""
        return await self._readers.read(_tip)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Have the chain as it is now, whatever becomes of it meanwhile.

        Raises:
            RefusedError: too many have one already.
        """
        async with self._readers.snapshot() as snapshot:
            yield snapshot

    async def begin(self, now: float) -> None:
        """Give an empty chain a first block of our own."""
        await self._writer.write(_begin, self._proof, now)

    async def forge(self, last: PeerBlock, proof: int, now: float) -> dict[str, Any]:
        """Add a block that follows our newest one, with what waits and our reward, and return it.

        Raises:
            ChainMovedError: `last` is not our newest block any more.
        """
        return await self._writer.write(_forge, self._proof, last, proof, self.node_id, now)

    async def take(self, transaction: Any) -> int:
        """Have a transaction wait, and return the height of the next block.

        Raises:
            RefusedError: too many wait already.
        """
        return await self._writer.write(_take, transaction)

    async def register(self, urls: Sequence[str]) -> list[str]:
        """Remember nodes by their URLs, and return all of them.

        Raises:
            RefusedError: there would be too many; none of these is remembered.
        """
        return await self._writer.write(registered.register, urls)

    async def nodes(self) -> list[str]:
        """Return the URLs of the nodes that were registered."""
        return await self._readers.read(registered.everybody)

    async def begin_staging(self, fork_height: int) -> Fork:
        """Forget what was staged; what is staged now follows our block of this height (0: none).

        Raises:
            ChainMovedError: there is no such block.
        """
        return await self._writer.write_patiently(adopting.begin, fork_height)

    async def stage(self, fork: Fork, blocks: Sequence[PeerBlock]) -> None:
        """Keep verified blocks until they are adopted or forgotten."""
        await self._writer.write_patiently(adopting.stage, fork, blocks)

    async def forget_staged(self) -> None:
        """Forget what was staged."""
        await self._writer.write_patiently(adopting.forget)

    async def adopt(self, fork: Fork, tip: str, most: int | None) -> Adopted:
        """Put what was staged in the place of ours, at once or not at all.

        `most` is the number of our blocks that may go; None: any number.

        Raises:
            ChainMovedError: it doesn't make a longer chain than ours any more.
            DepthError: more of our blocks would go.
        """
        return await self._writer.write_patiently(adopting.adopt, fork, tip, most)


def _open(url: str) -> Database:
    with CHAIN.opening():
        parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database in _MEMORY:
        raise StoreError("The chain's database must be a file, as in sqlite:///peer.db.")
    opened = open_database(CHAIN, url, exclusive=True)
    try:
        with opened.reading() as db:
            if opened.is_postgresql:
                postgresql.check_encoding(CHAIN, db)
    except BaseException:
        opened.close()
        raise
    return opened


def look_into(url: str) -> bool:
    """Connect to a PostgreSQL, write nothing, and tell whether a chain is kept there.

    Raises:
        StoreError: it lets nobody in, or can't hold a chain.
    """
    opened = open_database(CHAIN, url)
    try:
        with opened.reading() as db:
            postgresql.check_encoding(CHAIN, db)
            return inspect(db).has_table(tables.blocks.name)
    finally:
        opened.close()


def _head_and_hash(db: Connection, height: int) -> tuple[Head, str | None]:
    return rows.head(db), rows.hashes_at(db, [height])[0]


def _tip(db: Connection) -> PeerBlock | None:
    return rows.block_at(db, rows.head(db).length)


def _begin(db: Connection, rule: Proof, now: float) -> None:
    if not rows.head(db).length:
        first = {
            "index": 1,
            "timestamp": now,
            "transactions": [],
            "proof": FIRST_PROOF,
            "previous_hash": 1,
        }
        [block] = verify(None, [first], rule)
        rows.append(db, block)


def _forge(
    db: Connection, rule: Proof, last: PeerBlock, proof: int, recipient: str, now: float
) -> dict[str, Any]:
    if rows.head(db).hash != last.hash:
        raise ChainMovedError(f"Block {last.height} is not our newest one any more.")
    waiting = pending.oldest(db)
    reward = {"sender": pending.REWARDER, "recipient": recipient, "amount": 1}
    forged = {
        "index": last.height + 1,
        "timestamp": now,
        "transactions": [*waiting, reward],
        "proof": proof,
        "previous_hash": last.hash,
    }
    [block] = verify(last, [forged], rule)
    rows.append(db, block)
    pending.remove_oldest(db, len(waiting))
    return forged


def _take(db: Connection, transaction: Any) -> int:
    pending.take(db, transaction)
    return rows.head(db).length + 1
