"""What can't wait: while a worker is at it, all that can does."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from switcher.bell import Bell

_LONGEST = 2.0
"""Seconds for which one witness may hold up others; whoever posts alerts can't stop them so."""


class Focus:
    """The witnesses that are being seen to."""

    def __init__(self) -> None:
        self.over = Bell()
        self._until: dict[str, float] = {}

    def begin(self, witness: str) -> None:
        """Have others wait for a witness, until `end` or for 2 s."""
        self._until.setdefault(witness, asyncio.get_running_loop().time() + _LONGEST)

    def end(self, witness: str) -> None:
        """Have nobody wait for it any more."""
        if self._until.pop(witness, None) is not None:
            self.over.ring()

    def remaining(self, witness: str | None = None) -> float:
        """Return for how many seconds at most any witness but this one will be seen to."""
        now = asyncio.get_running_loop().time()
        return max(
            (until - now for name, until in self._until.items() if name != witness), default=0.0
        )

    async def free(self) -> None:
        """Wait until nobody is being seen to, 2 s at most."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + _LONGEST
        while (left := min(self.remaining(), ends - loop.time())) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.over.coming.wait(), left)
