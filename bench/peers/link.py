"""A simulated line to one peer: what is sent arrives as late as it would behind it.

`round_trip` is there and back; it passes once while a connection is opened, and once for every
question. All connections to a peer share its rate. Neither losses nor the slow start of TCP are
played, which would slow down the large answers first of all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

Parts = Sequence[bytes | memoryview]

_PIECE = 64 * 1024
_GRANULARITY = 0.0005
"""Seconds; the loop's own timers are no finer."""


@dataclass
class Link:
    """A line of `rate` bytes a second, None: without a limit, as on the loopback."""

    rate: float | None = None
    round_trip: float = 0.0
    carried: int = 0
    _free: float = field(default=0.0, repr=False)

    async def opened(self) -> None:
        """Wait as long as opening a connection takes."""
        await asyncio.sleep(self.round_trip)

    async def carry(self, writer: asyncio.StreamWriter, parts: Parts) -> None:
        """Send an answer to a question that was just asked, at the line's pace.

        Raises:
            ConnectionError: the other side has gone.
        """
        clock = asyncio.get_running_loop().time
        begin = clock() + self.round_trip
        for part in parts:
            for start in range(0, len(part), _PIECE):
                piece = part[start : start + _PIECE]
                if self.rate is not None:
                    self._free = max(self._free, begin) + len(piece) / self.rate
                    await _until(self._free)
                elif self.round_trip:
                    await _until(begin)
                self.carried += len(piece)
                writer.write(piece)
                await writer.drain()


async def _until(moment: float) -> None:
    left = moment - asyncio.get_running_loop().time()
    if left > _GRANULARITY:
        await asyncio.sleep(left)
