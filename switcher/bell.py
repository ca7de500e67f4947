"""A bell for everybody who waits for news of one kind."""

from __future__ import annotations

import asyncio


class Bell:
    """Is rung when there is news.

    Whoever takes `coming` before he looks at how things stand misses none.
    """

    def __init__(self) -> None:
        self._coming = asyncio.Event()

    @property
    def coming(self) -> asyncio.Event:
        """The event that the next ring sets."""
        return self._coming

    def ring(self) -> None:
        """Have everybody who waits go on."""
        self._coming.set()
        self._coming = asyncio.Event()
