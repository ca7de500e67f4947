"""Reading server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Event:
    name: str
    data: str
    number: str | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Events:
    """The events of an answer, as they come."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status_code = answer.status_code
        self._lines = answer.aiter_lines()

    async def next(self) -> Event:
        """Return the next event; a StopAsyncIteration says that there are no more."""
        fields: dict[str, list[str]] = {}
        async with asyncio.timeout(20):
            while True:
                line = await anext(self._lines)
                if line:
                    name, _, value = line.partition(": ")
                    fields.setdefault(name, []).append(value)
                elif "event" in fields:
                    break
                else:
                    fields = {}
        number = fields.get("id", [None])[0]
        return Event(fields["event"][0], "\n".join(fields["data"]), number)

    async def until(self, name: str) -> Event:
        """Return the next event of a name."""
        while (event := await self.next()).name != name:
            continue
        return event


@asynccontextmanager
async def events(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> AsyncIterator[Events]:
    async with client.stream("GET", path, headers=headers) as answer:
        yield Events(answer)
