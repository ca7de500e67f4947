"""Putting another chain in the place of ours: statements within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection, Table, delete, insert, select

from chains.peer.blocks import PeerBlock
from peernode import pending, rows
from peernode.errors import ChainMovedError, DepthError
from peernode.rows import Head
from peernode.tables import blocks, staged


@dataclass(frozen=True, slots=True)
class Fork:
    """A block of ours after which another chain goes on: its height (0: none), hash and end."""

    height: int
    hash: str
    end: int


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done: our new head, how many blocks went, and how many transactions were given up.

    Those had no place any more among those that wait for a block.
    """

    head: Head
    depth: int
    given_up: int


def begin(db: Connection, height: int) -> Fork:
    """Forget what was staged, and return where the blocks that come now leave our chain.

    Raises:
        ChainMovedError: we have no such block.
    """
    db.execute(delete(staged))
    block_hash = rows.hashes_at(db, [height])[0] if height else ""
    if block_hash is None:
        raise ChainMovedError(f"There is no block {height} any more.")
    return Fork(height, block_hash, rows.end_at(db, height))


def stage(db: Connection, fork: Fork, added: Sequence[PeerBlock]) -> None:
    """Keep verified blocks that follow those that were staged since the fork."""
    last = rows.head(db, staged)
    rows.put(db, staged, added, last.size if last.length else fork.end)


def forget(db: Connection) -> None:
    """Forget what was staged."""
    db.execute(delete(staged))


def adopt(db: Connection, fork: Fork, tip: str, most: int | None) -> Adopted:
    """Put the staged blocks, the last one of which has hash `tip`, in the place of ours.

    What waits for a block gets the transactions that only the abandoned blocks held, and loses
    those that the new ones hold. At most `most` blocks of ours go; None: any number.

    Raises:
        ChainMovedError: they don't make a longer chain than ours any more.
        DepthError: more of our blocks would go.
    """
    ours, theirs = rows.head(db), rows.head(db, staged)
    if fork.height and rows.hashes_at(db, [fork.height]) != [fork.hash]:
        raise ChainMovedError(f"Block {fork.height} is another one by now.")
    if theirs.hash != tip or theirs.length <= ours.length:
        raise ChainMovedError(f"Our chain has {ours.length} blocks by now.")
    depth = ours.length - fork.height
    if most is not None and depth > most:
        raise DepthError(depth, most)
    given_up = pending.give_back(db, _bodies(db, blocks, fork.height, ours.length))
    pending.settle(db, _bodies(db, staged, fork.height, theirs.length))
    db.execute(delete(blocks).where(blocks.c.height > fork.height))
    db.execute(insert(blocks).from_select(blocks.c.keys(), select(staged)))
    db.execute(delete(staged))
    return Adopted(theirs, depth, given_up)


def _bodies(db: Connection, table: Table, after: int, last: int) -> Iterator[bytes]:
    return chain.from_iterable(rows.bodies(db, table, after + 1, last))
