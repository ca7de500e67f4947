"""The switcher's journal, read as an operator would read it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from serving.asking import ONE_CALL
from switcher.answers import JournalPage, Status
from switcher.model import Entry
from understudy.errors import StackError

_T = TypeVar("_T")


class JournalReader:
    """Reads what is new in a switcher's journal; at first, all of it."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            # It is plain HTTP; the system's certificates take long to read, so none is trusted.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            limits=ONE_CALL,
        )
        self._last = 0

    async def __aenter__(self) -> Self:
        """Open the connection."""
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def status(self) -> Status:
        """Return the switcher's status.

        Raises:
            StackError: it did not answer as it should.
        """
        return await self._get(Status, "/api/status")

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

    async def _page(self, before: int | None) -> JournalPage:
        return await self._get(
            JournalPage, "/api/journal", {} if before is None else {"before": before}
        )

    async def _get(self, shape: type[_T], path: str, query: Mapping[str, int] | None = None) -> _T:
        try:
            answer = await self._client.get(path, params=query)
            answer.raise_for_status()
            return TypeAdapter(shape).validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise StackError(f"The switcher does not answer {path}: {error}") from error
