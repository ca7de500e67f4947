"""Threads that read a database beside the one that writes to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from peernode.errors import RefusedError
from peernode.snapshot import Snapshot
from storing.database import Database
from storing.worker import Worker

_P = ParamSpec("_P")
_T = TypeVar("_T")

MOST_SNAPSHOTS = 32
"""Those who can read the whole chain at a time; each of them has a connection to the database."""

_AT_ONCE = 4
"""Short questions at a time; others wait."""


class Readers:
    """As many threads as are needed at once, each with a connection to the database."""

    def __init__(self, opening: Callable[[], Database]) -> None:
        self._opening = opening
        self._free: list[Worker] = []
        self._all: list[Worker] = []
        self._questions = asyncio.Semaphore(_AT_ONCE)
        self._snapshots = 0

    async def close(self) -> None:
        """End all of them; nobody may be reading any more."""
        for worker in self._all:
            await worker.close()

    async def read(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do some short work in a transaction that reads."""
        async with self._questions, self._lent() as worker:
            return await worker.read(work, *args, **kwargs)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Read in one transaction for as long as it takes.

        Raises:
            RefusedError: too many do so already.
        """
        if self._snapshots >= MOST_SNAPSHOTS:
            raise RefusedError(503, "Too many are reading the chain; try again in a minute.")
        self._snapshots += 1
        try:
            async with self._lent() as worker:
                snapshot = Snapshot(worker)
                try:
                    await snapshot.open()
                    yield snapshot
                finally:
                    await snapshot.close()
        finally:
            self._snapshots -= 1

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Worker]:
        """Lend a thread; what it was asked and not waited for, it does before anything else."""
        worker = self._free.pop() if self._free else await self._made()
        try:
            yield worker
        finally:
            self._free.append(worker)

    async def _made(self) -> Worker:
        worker = Worker(self._opening, "chain-reader")
        self._all.append(worker)
        await worker.open()
        return worker
