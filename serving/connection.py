"""A caller's connection, which can't be held open for nothing.

uvicorn waits for a request for as long as it takes; whoever can connect would need no token to use
up the files that a process may open, those for the nodes and the journal among them.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 15.0
"""Seconds in which a request must have come, from the beginning of its head to its body's end.

As long an answer may stand still of which more than some 64 kB are not read."""

MOST = 200
"""Connections at a time; a process may usually open 1,024 files."""


class Connection(H11Protocol):
    """Closed when no whole request came within `patience` seconds, or when `most` are open.

    Also when the caller takes that long to read what is kept of an answer for him.
    """

    def __init__(self, *args: Any, patience: float, most: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._patience = patience
        self._most = most
        self._limit: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
        else:
            self._look()

    def data_received(self, data: bytes) -> None:
        """Take bytes, which don't make it wait any longer."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the rest of the one that was answered."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Begin to wait for the answer to be read, as much of which is there as is kept."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._patience, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing the answer, of which enough was read."""
        self._end_unread()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._end_limit()
        self._end_unread()
        super().connection_lost(exc)

    def _look(self) -> None:
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY) or self.transport.is_closing():
            self._end_limit()
        elif self._limit is None:
            self._limit = self.loop.call_later(self._patience, self.transport.abort)

    def _end_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
