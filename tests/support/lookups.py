"""Names of nodes that are looked up where no name server answers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

_MANY = 64
"""More than asyncio has threads for."""


@asynccontextmanager
async def hanging_lookups(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Have lookups under way that don't come back for as long as the context lasts."""
    answered = threading.Event()

    def look_up(*_args: Any, **_options: Any) -> list[Any]:
        answered.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    loop = asyncio.get_running_loop()
    lookups = [asyncio.ensure_future(loop.getaddrinfo("node.example", 8090)) for _ in range(_MANY)]
    await asyncio.sleep(0)  # for them to begin
    try:
        yield
    finally:
        answered.set()
        await asyncio.gather(*lookups)
        monkeypatch.undo()
