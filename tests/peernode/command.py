"""`understudy node` in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from understudy.stack.ports import free_ports


@asynccontextmanager
async def node(
    database: Path, *words: str, port: int = 0, program: tuple[str, ...] = ("understudy",)
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run a node, and yield the URL that it prints ("" if it ends before) and its process."""
    port = port or free_ports(1)[0]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *program, "node", "--listen", f"127.0.0.1:{port}"),
        *("--database", f"sqlite:///{database}", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(60):
            yield (await process.stdout.readline()).decode().strip(), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
