"""The switcher's journal, read as an operator would read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
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
    witness: str
    incident: int | None
    sentence: str
    details: Mapping[str, Any]


_FIELDS = tuple(field.name for field in fields(Entry))


@dataclass(frozen=True, slots=True)
class _Page:
    """Entries, newest first; `before` asks for the next page, None when there is none."""

    entries: list[Entry]
    before: int | None


class JournalReader:
    """Reads what is new in a switcher's journal; at first, all of it."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,  # noqa: S501 - plain HTTP; certificates take long to read
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
        found: list[Entry] = []
        before: int | None = None
        while True:
            page = await self._page(before)
            new = [entry for entry in page.entries if entry.id > self._last]
            found += new
            before = page.before
            if before is None or len(new) < len(page.entries):
                break
        if found:
            self._last = found[0].id
        return found[::-1]

    async def _page(self, before: int | None) -> _Page:
        told = await self._get("/api/journal", {} if before is None else {"before": before})
        entries = [Entry(**{name: each[name] for name in _FIELDS}) for each in told["entries"]]
        return _Page(entries, told["before"])

    async def _get(self, path: str, query: Mapping[str, int] | None = None) -> dict[str, Any]:
        try:
            answer = await self._client.get(path, params=query)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(f"The switcher does not answer {path}: {error}") from error
        found: dict[str, Any] = answer.json()
        return found
