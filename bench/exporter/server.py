"""Serves ready-made nodes: `python -m bench.exporter.server PORT WITNESSES GENESIS_TIME`."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import serve

from bench.exporter.nodes import ReadyMade, network


async def run(port: int, witnesses: int, genesis_time: int) -> None:
    """Serve until ended."""
    nodes = ReadyMade(network(witnesses, genesis_time))
    async with serve(
        nodes.serve,
        "127.0.0.1",
        port,
        process_request=nodes.tell,
        compression=None,
        ping_interval=None,
        backlog=4096,
    ):
        await nodes.go_on()


if __name__ == "__main__":
    asyncio.run(run(*(int(word) for word in sys.argv[1:])))
