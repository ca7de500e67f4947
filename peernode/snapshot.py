"""The chain as it was at a moment, to be read in parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack
from typing import TypeVar

from sqlalchemy import Connection

from peernode import rows
from peernode.rows import Head
from peernode.tables import blocks
from storing.worker import Worker

_T = TypeVar("_T")

CHUNK = 262_144
"""Bytes of blocks that are read at once; a larger block comes alone."""


class Snapshot:
    """A transaction that reads, in a thread that nobody else uses meanwhile."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._stack = ExitStack()
        self._db: Connection | None = None
        self.head = Head()

    async def open(self) -> None:
        """Begin: from now on the chain is seen as it is."""
        await self._worker.call(self._open)

    async def close(self) -> None:
        """End it; nothing can be read any more."""
        await self._worker.call(self._stack.close)

    async def size(self, first: int, last: int) -> int:
        """Return what the bodies of the blocks `first`..`last` take, in bytes."""
        if first > last:
            return 0
        return await self._worker.call(self._size, first, last)

    async def read(
        self, first: int, last: int, shape: Callable[[list[bytes]], _T]
    ) -> AsyncGenerator[_T, None]:
        """Yield what `shape` makes, in the thread, of the bodies of some blocks at a time."""
        assert self._db is not None
        parts = rows.bodies(self._db, blocks, first, last, most=CHUNK)
        while (part := await self._worker.call(self._next, parts, shape)) is not None:
            yield part

    def _open(self) -> None:
        database = self._worker.database
        db = self._stack.enter_context(database.reading(patiently=True))
        with database.errors(), database.limited():
            self.head = rows.head(db)
        self._db = db

    def _size(self, first: int, last: int) -> int:
        assert self._db is not None
        database = self._worker.database
        with database.errors(), database.limited():
            return rows.end_at(self._db, last) - rows.end_at(self._db, first - 1)

    def _next(self, parts: Iterator[list[bytes]], shape: Callable[[list[bytes]], _T]) -> _T | None:
        database = self._worker.database
        with database.errors(), database.limited():
            part = next(parts, None)
        return None if part is None else shape(part)
