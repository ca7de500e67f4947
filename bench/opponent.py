"""The switchers that poll, started beside the stack, and what they were seen to do."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bench.news import News, meanwhile, say
from bench.poller import Orders
from devnet.hosts import api_names
from devnet.launch import Devnet
from understudy.errors import StackError


@dataclass(frozen=True, slots=True)
class Move:
    """A step: "begun", "decided", "sent" or "read back"; `time` in seconds since the epoch."""

    witness: str
    event: str
    time: float
    key: str


class Opponent:
    """What they did so far, and news of it."""

    def __init__(self) -> None:
        self.moves: list[Move] = []
        self.news = News()

    def first(self, witness: str, event: str, since: float) -> Move | None:
        """Return the first step of its kind from a time on, None while there is none."""
        return next(
            (m for m in self.moves if (m.witness, m.event) == (witness, event) and m.time >= since),
            None,
        )

    def begun(self) -> set[str]:
        """Return the accounts of the witnesses that are polled."""
        return {move.witness for move in self.moves if move.event == "begun"}

    def take(self, line: bytes) -> None:
        """Take a line that they printed in."""
        told = json.loads(line)
        if told["event"] == "failed":
            say(f"polling: {told['witness']}: {told['why']}")
        else:
            self.moves.append(Move(told["witness"], told["event"], told["time"], told["key"]))
            self.news.announce()


@asynccontextmanager
async def opponent(net: Devnet, orders: Sequence[Orders]) -> AsyncIterator[Opponent]:
    """Run switchers that poll the first of the voting nodes; nobody else may watch their witnesses.

    Raises:
        StackError: their process ended.
    """
    told = {
        "node": net.nodes[api_names(net.settings)[0]].ws_url,
        "prefix": net.settings.prefix,
        "chain_id": net.chain_id,
        "active_keys": [net.active_wif(each.witness) for each in orders],
        "orders": [asdict(each) for each in orders],
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.poller", stdin=pipe, stdout=pipe
    )
    seen = Opponent()
    try:
        async with meanwhile(_listen(process, told, seen)):
            accounts = {each.witness for each in orders}
            await seen.news.until(lambda: seen.begun() >= accounts or None)
            yield seen
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def _listen(
    process: asyncio.subprocess.Process, told: dict[str, Any], seen: Opponent
) -> None:
    assert process.stdin and process.stdout
    process.stdin.write(f"{json.dumps(told)}\n".encode())
    async for line in process.stdout:
        seen.take(line)
    raise StackError("The process that polls ended by itself; see above.")
