"""A database in a thread of its own, so that no call holds up the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from storing.database import Database

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Worker:
    """One thread that opens a database and does all of its work, one call after the other.

    A call whose caller went away is done all the same.
    """

    def __init__(self, opening: Callable[[], Database], name: str) -> None:
        self._opening = opening
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._database: Database | None = None
        self._lost = (0.0, "")

    @property
    def database(self) -> Database:
        """The open database; all work on it belongs into `call`."""
        assert self._database is not None
        return self._database

    async def open(self) -> None:
        """Open the database.

        Raises:
            The tenant's error: it can't be opened.
        """
        loop = asyncio.get_running_loop()
        self._database = await loop.run_in_executor(self._thread, self._opening)

    async def close(self) -> None:
        """Close the database, if it was opened, and end the thread."""
        if self._database is not None:
            await self.call(self._database.close)
        await asyncio.to_thread(self._thread.shutdown)

    async def call(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do some work in the thread, without any transaction."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        return await asyncio.shield(done)

    async def read(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do some work in a transaction that reads."""
        return await self._run(self.database.reading, lambda db: work(db, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do some work in a transaction that writes; it is on the disk when this returns."""
        return await self._run(self.database.writing, lambda db: work(db, *args, **kwargs))

    async def write_patiently(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do some work that takes longer than usual in a transaction that writes."""

        def transaction() -> AbstractContextManager[Connection]:
            return self.database.writing(patiently=True)

        return await self._run(transaction, lambda db: work(db, *args, **kwargs))

    async def _run(
        self,
        transaction: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], _T],
    ) -> _T:
        return await self.call(self._transaction, transaction, work, time.monotonic())

    def _transaction(
        self,
        transaction: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], _T],
        asked: float,
    ) -> _T:
        """Do some work in a transaction.

        What waited here while another call found the database gone, which takes seconds, fails
        with that one: otherwise the last of a queue would be answered minutes later.
        """
        unreachable = self.database.tenant.unreachable
        lost, why = self._lost
        if asked < lost:
            raise unreachable(why)
        try:
            with transaction() as connection:
                return work(connection)
        except unreachable as error:
            self._lost = (time.monotonic(), str(error))
            raise
