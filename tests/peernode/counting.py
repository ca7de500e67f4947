"""Searches for the longest chain that wait until a test lets them go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chains.peer.search import find_longest


class Counting:
    """Counts the searches, and holds them up until they may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.go = asyncio.Event()
        self._first = asyncio.Event()
        monkeypatch.setattr("peernode.resolve.find_longest", self)

    async def __call__(self, *args: Any, **options: Any) -> Any:
        self.begun += 1
        self._first.set()
        await self.go.wait()
        return await find_longest(*args, **options)

    async def has_begun(self) -> None:
        await self._first.wait()
