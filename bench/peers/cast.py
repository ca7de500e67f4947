"""The processes of a measurement: the peers behind their links, and whoever resolves."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bench.peers.peer import Peer
from understudy.errors import StackError

RATE = 100e6 / 8
ROUND_TRIP = 0.020


@dataclass(frozen=True, slots=True)
class Line:
    """The lines to the peers: bytes a second (None: no limit), and seconds there and back."""

    rate: float | None = RATE
    round_trip: float = ROUND_TRIP


LOOPBACK = Line(None, 0.0)


class Cast:
    """Peers that are served."""

    def __init__(self, process: asyncio.subprocess.Process, urls: list[str]) -> None:
        self._process = process
        self.urls = urls

    async def set_lengths(self, lengths: Sequence[int]) -> list[int]:
        """Have each peer tell so many blocks of its chain from now on; return how many it did."""
        before: list[int]
        before = await told(self._process, {"do": "lengths", "lengths": list(lengths)})
        return before

    async def carried(self) -> int:
        """Return the bytes that went over all links since this was last asked."""
        count: int = await told(self._process, {"do": "carried"})
        return count


@asynccontextmanager
async def cast(peers: Sequence[Peer], line: Line) -> AsyncIterator[Cast]:
    """Serve peers until the block is left."""
    process = await started("bench.peers.server")
    try:
        asked = {"peers": [asdict(peer) for peer in peers], **asdict(line)}
        yield Cast(process, await told(process, asked))
    finally:
        await end(process)


async def run(module: str, asked: dict[str, Any], patience: float) -> Any:
    """Run a module that takes a line of JSON and answers one, and return its answer.

    Raises:
        StackError: it failed, or took longer than `patience` seconds.
    """
    process = await started(module)
    try:
        async with asyncio.timeout(patience):
            return await told(process, asked)
    except TimeoutError as error:
        raise StackError(f"{module} took longer than {patience:g} s.") from error
    finally:
        await end(process)


async def started(module: str) -> asyncio.subprocess.Process:
    """Start a module that takes and answers lines of JSON."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", module)
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**20)


async def told(process: asyncio.subprocess.Process, asked: Any) -> Any:
    """Tell a module something, and return its answer.

    Raises:
        StackError: it failed.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    line = await process.stdout.readline()
    if not line:
        raise StackError("A process of the measurement failed; what it said stands above.")
    return json.loads(line)


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here."""
    if process.returncode is None:
        process.kill()
    await process.wait()
