"""The switcher's journal, read as an operator would read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

from understudy.errors import StackError


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry: `kind` and `value` are words of the switcher, `sentence` is for people."""

    id: int
    time: float
    kind: str
    value: str
    sentence: str
    details: Mapping[str, Any]


class JournalReader:
    """Reads what is new in a switcher's journal."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        self._last = 0

    async def __aenter__(self) -> Self:
        """Open the connection."""
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        """Close the connection."""
        await self._client.__aexit__(*exception)

    async def status(self) -> dict[str, Any]:
        """Return the switcher's status.

        Raises:
            StackError: it did not answer as it should.
        """
        return await self._get("/api/status")

    async def news(self) -> list[Entry]:
        """Return the entries since the last call, oldest first.

        Raises:
            StackError: the switcher did not answer as it should.
        """
        page = await self._get("/api/journal")
        entries = [
            Entry(e["id"], e["time"], e["kind"], e["value"], e["sentence"], e["details"])
            for e in reversed(page["entries"])
            if e["id"] > self._last
        ]
        if entries:
            self._last = entries[-1].id
        return entries

    async def _get(self, path: str) -> dict[str, Any]:
        try:
            answer = await self._client.get(path)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(f"The switcher does not answer {path}: {error}") from error
        found: dict[str, Any] = answer.json()
        return found
