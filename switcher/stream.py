"""Server-sent events (HTML, "Server-sent events"): their text, and the answer that carries them.

The framework's own response writes every event for each caller anew, in two tasks with a queue
each; here all callers share the bytes of one writing.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from switcher.feed import MOST, Feed

ALIVE = b": alive\n\n"
"""A comment, which shows both sides that the connection still is one."""

RETRY_MS = 1000
"""After how long a browser is to connect again."""

BEGINNING = f"retry: {RETRY_MS}\n\n".encode()

_ENDS = re.compile(r"\r\n|\r|\n")
_TOO_MANY = (
    f"There are {MOST} listeners already, and the other connections are kept for alerts; close a "
    "page or a program that listens."
)


def event(name: str, data: str, number: int | None = None) -> bytes:
    """Return an event; `number` is its id, from which a caller who was cut off resumes."""
    lines = [f"event: {name}", *(f"data: {line}" for line in _ENDS.split(data))]
    if number is not None:
        lines.append(f"id: {number}")
    return ("\n".join(lines) + "\n\n").encode()


class EventStream(StreamingResponse):
    """Sends events for as long as there are any and the caller stays, unless too many listen.

    That is looked at where he is counted: else each of many who come at once would find room. One
    who reads too slowly holds up his own generator and nobody else's, and his connection is closed
    in the end (`serving.connection`).
    """

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, events: AsyncGenerator[bytes, None]) -> None:
        # A proxy that gathers answers would keep events to itself.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers)
        self._feed = feed
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count the caller as a listener for as long as that lasts."""
        if self._feed.full:
            headers = {"Retry-After": "10", "Connection": "close"}
            await JSONResponse({"detail": _TOO_MANY}, 503, headers)(scope, receive, send)
            return
        async with self._feed.listening():
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send it all, and have the generator end when the caller goes."""
        async with aclosing(self._events):
            await super().stream_response(send)
