"""A chain goes out in parts as it is read, and never stands in memory whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.peernode.made import after, first, paid, put
from tests.peernode.running import running

BLOCK = 100_000


async def test_whole_chain_is_sent_in_parts(tmp_path: Path) -> None:
    blocks = [first()]
    while len(blocks) < 20:
        blocks.append(after(blocks[-1], [paid("x" * BLOCK)]))
    sent: list[int] = []
    asked: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.append(len(message["body"]))

    scope = {"type": "http", "method": "GET", "path": "/chain", "query_string": b"", "headers": []}
    async with running(tmp_path / "peer.db") as node:
        await put(node.node.store, blocks)
        await node.node.app(scope, receive, send)
    assert sum(sent) > 19 * BLOCK
    assert max(sent) < 4 * BLOCK
