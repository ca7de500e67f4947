"""Those who post, as this process has them work."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.webhook.jobs import Job, Told, written
from understudy.errors import StackError

_LONGEST_LINE = 64_000_000


class Sender:
    """A process that posts."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def post(self, job: Job) -> Told:
        """Have it do a job.

        Raises:
            StackError: it failed.
        """
        into, out = self._process.stdin, self._process.stdout
        assert into
        assert out
        into.write(written(job))
        await into.drain()
        line = await out.readline()
        if not line:
            raise StackError("The process that posts notifications failed; see above.")
        return Told(**json.loads(line))


@asynccontextmanager
async def sender() -> AsyncIterator[Sender]:
    """Run a process that posts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.webhook.sender",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    try:
        yield Sender(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
