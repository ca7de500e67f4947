"""The chain's rows: statements within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, or_, select

from chains.peer.blocks import PeerBlock
from peernode.errors import ChainMovedError
from peernode.tables import blocks


@dataclass(frozen=True, slots=True)
class Head:
    """A chain's length in blocks, its newest block's hash, and what all bodies take in bytes."""

    length: int = 0
    hash: str = ""
    size: int = 0


def head(db: Connection, table: Table = blocks) -> Head:
    """Return what stands at a chain's end; an empty one has length 0 and no hash."""
    columns = (table.c.height, table.c.hash, table.c.end)
    row = db.execute(select(*columns).order_by(table.c.height.desc()).limit(1)).one_or_none()
    return Head(*row) if row else Head()


def block_at(db: Connection, height: int) -> PeerBlock | None:
    """Return a block of our chain, None where there is none."""
    row = db.execute(select(blocks).where(blocks.c.height == height)).one_or_none()
    return _block(row) if row else None


def hashes_at(db: Connection, heights: Sequence[int]) -> list[str | None]:
    """Return the hashes of our blocks at some heights, None where there is none."""
    found: dict[int, str] = {}
    wanted = sorted(set(heights))
    for part in range(0, len(wanted), _AT_ONCE):
        named = blocks.c.height.in_(wanted[part : part + _AT_ONCE])
        rows = db.execute(select(blocks.c.height, blocks.c.hash).where(named))
        found.update((row.height, row.hash) for row in rows)
    return [found.get(height) for height in heights]


_AT_ONCE = 500
"""Values in one statement."""


def end_at(db: Connection, height: int) -> int:
    """Return what the bodies of our blocks up to a height take; 0 for no blocks.

    Raises:
        ChainMovedError: there is no such block.
    """
    if height == 0:
        return 0
    end = db.scalar(select(blocks.c.end).where(blocks.c.height == height))
    if end is None:
        raise ChainMovedError(f"There is no block {height} any more.")
    return int(end)


def append(db: Connection, block: PeerBlock) -> None:
    """Add a block to our chain.

    Raises:
        ChainMovedError: it doesn't have the next height.
    """
    last = head(db)
    if block.height != last.length + 1:
        raise ChainMovedError(f"Block {block.height} doesn't follow block {last.length}.")
    put(db, blocks, [block], last.size)


def put(db: Connection, table: Table, added: Iterable[PeerBlock], end: int) -> None:
    """Write blocks whose bodies begin after `end` bytes of those before them."""
    rows: list[Any] = []
    for height, block_hash, proof, body in added:
        end += len(body)
        rows.append((height, block_hash, str(proof), end, body))
    # Past the library's treatment of every value, which takes longer than writing the row does.
    statement = insert(table).compile(dialect=db.dialect)
    if not statement.positional:
        rows = [dict(zip(table.c.keys(), row, strict=True)) for row in rows]
    if rows:
        db.exec_driver_sql(str(statement), rows)


def bodies(
    db: Connection, table: Table, first: int, last: int, *, most: int = 1_000_000
) -> Iterator[list[bytes]]:
    """Yield the bodies of the blocks `first`..`last`, in lists of some `most` bytes together.

    A block that is larger comes alone.
    """
    limit = most
    while first <= last:
        query = (
            select(table.c.height, table.c.end, table.c.body)
            .where(table.c.height.between(first, min(last, first + _AT_ONCE - 1)))
            .where(or_(table.c.height == first, table.c.end <= limit))
            .order_by(table.c.height)
        )
        rows = db.execute(query).all()
        if not rows:
            return
        first, limit = rows[-1].height + 1, rows[-1].end + most
        yield [bytes(row.body) for row in rows]


def _block(row: Row[tuple[object, ...]]) -> PeerBlock:
    return PeerBlock(row.height, row.hash, int(row.proof), bytes(row.body))
