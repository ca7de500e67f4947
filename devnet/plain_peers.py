"""Plain nodes of the peer chain, started in processes of their own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from chains.peer.blocks import Rule


@dataclass(frozen=True, slots=True)
class RunningPeer:
    """A plain node that listens at `url` (http://127.0.0.1:PORT, nothing after it)."""

    url: str
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def plain_peer(
    rule: Rule = Rule.PAIR,
    *,
    port: int = 0,
    zeros: int = 4,
    first_previous: int | str = 1,
    chain: Path | None = None,
    one_thread: bool = False,
) -> AsyncIterator[RunningPeer]:
    """Run a plain node on a free port (or `port`) until the block is left; it answers by then.

    `chain` is a file with a JSON list of blocks to begin with; the rest is as `devnet.plain_peer`
    tells.

    Raises:
        RuntimeError: it did not start.
    """
    options = [f"--port={port}", f"--proof={rule}", f"--zeros={zeros}"]
    options.append(f"--previous={'text' if isinstance(first_previous, str) else 'number'}")
    options += [f"--chain={chain}"] if chain else []
    options += ["--one-thread"] if one_thread else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devnet.plain_peer", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        url = (await process.stdout.readline()).decode().strip()
        if not url:
            raise RuntimeError(f"a plain peer node did not start on port {port or 'any'}")
        yield RunningPeer(url, process)
    finally:
        await RunningPeer("", process).kill()
