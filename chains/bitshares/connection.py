"""A websocket to a node that may send anything, as fast as it can: bounded in memory and in work.

A message ends at `MAX_MESSAGE_BYTES`, in however many fragments it comes. All frames together,
pings too, are paid from a `Budget` that outlives the connection. A node that doesn't read what it
makes us say (pongs) is left, and closing takes no longer than it may, whoever is at the other end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import CloseCode, Frame
from websockets.protocol import Event

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""More than the largest block of a chain with 2 MB blocks takes as JSON."""

_MIB = 1024 * 1024
_FRAME_COST = 1024
"""Bytes that a frame costs beside its own: small ones take time, too."""

_UNREAD = _MIB
"""Bytes that may wait for a node to read them; what is asked of it takes less than 100 kB."""

_CLOSE_TIMEOUT = 0.5
_CLOSING = 3 * _CLOSE_TIMEOUT
"""Seconds for all of closing: the library's own limit doesn't hold while a node reads nothing."""


class Budget:
    """What a node may send: `rate` bytes a second, and `burst` of them at once (a token bucket).

    The defaults are twice what a chain with a full 2 MB block every three seconds takes as JSON,
    and ten minutes of blocks with 200 kB of it in each.
    """

    def __init__(
        self,
        burst: int = 64 * _MIB,
        rate: int = 8 * _MIB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.burst, self.rate = burst, rate
        self._clock = clock
        self._left = float(burst)
        self._at = clock()

    def pay(self, size: int) -> bool:
        """Pay for a frame, or for what was read at once, of so many bytes; see `spend`."""
        return self.spend(_FRAME_COST + size)

    def spend(self, size: int) -> bool:
        """Take bytes out, and tell whether there were enough; if not, none are left."""
        now = self._clock()
        self._left = min(self.burst, self._left + (now - self._at) * self.rate) - size
        self._at = now
        enough = self._left >= 0
        self._left = max(self._left, 0.0)
        return enough


class NodeConnection(ClientConnection):
    """A websocket that leaves a node which sends too much; `complaint` says why, empty if not."""

    complaint = ""

    def __init__(self, *args: Any, budget: Budget, **options: Any) -> None:
        super().__init__(*args, **options)
        self._budget = budget

    def data_received(self, data: bytes) -> None:
        """Take bytes from the wire."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > _UNREAD:
            self._leave("does not read what it is sent")

    def process_event(self, event: Event) -> None:
        """Take a frame, or the answer to the opening handshake."""
        if isinstance(event, Frame) and not self._budget.pay(len(event.data)):
            spare, rate = self._budget.burst // _MIB, self._budget.rate // _MIB
            self._leave(f"sent more than {rate} MB a second, with {spare} MB to spare")
        elif not self.complaint:
            super().process_event(event)

    def why_lost(self) -> str:
        """Return what was wrong with what the node sent, empty if it just went."""
        sent = self.protocol.close_sent
        if self.complaint or sent is None:
            return self.complaint
        if sent.code == CloseCode.MESSAGE_TOO_BIG:
            return f"sent a message of more than {MAX_MESSAGE_BYTES // _MIB} MB, or without end"
        if sent.code in (CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_DATA):
            return f"sent what is no websocket message: {sent.reason}"
        return ""

    async def leave(self) -> None:
        """Close, politely for as long as that may take."""
        try:
            async with asyncio.timeout(_CLOSING):
                await self.close()
        except TimeoutError:
            pass  # it isn't read at the other end
        finally:
            self.transport.abort()  # also when the closing itself is cancelled

    def _leave(self, complaint: str) -> None:
        if not self.complaint:
            self.complaint = complaint
            self.transport.abort()


class _Connect(connect):
    """Leads to the configured address only: a node doesn't send us elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def connect_to(url: str, timeout: float, budget: Budget) -> NodeConnection:
    """Open a websocket.

    Raises:
        OSError, WebSocketException: refused, not resolved, no websocket, not in `timeout` seconds.
        ValueError: the host's name can't be encoded.
    """

    def create(*args: Any, **options: Any) -> NodeConnection:
        return NodeConnection(*args, budget=budget, **options)

    connection = await _Connect(
        url,
        open_timeout=timeout,
        close_timeout=_CLOSE_TIMEOUT,
        max_size=MAX_MESSAGE_BYTES,
        ping_interval=None,
        compression=None,
        proxy=None,
        create_connection=create,  # type: ignore[arg-type]  # a factory is what is called for
    )
    assert isinstance(connection, NodeConnection)
    return connection
