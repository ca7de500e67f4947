"""Alerts on their way into the journal: what waits is written together, what presses by itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from switcher.errors import UnreachableError
from switcher.focus import Focus
from switcher.journal.receipt import Receipt
from switcher.webhook import Judged

AT_ONCE = 50
"""Alerts that are written in one transaction, which a decision may have to wait for."""

POSTS = 8
"""Posts that are written in one transaction. They are answered together, so that the next ones come
together, and what matters waits for both."""

_LONGEST = 2.0
"""Seconds for which those that don't press are held up at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _Post:
    alerts: Sequence[Judged]
    receipts: asyncio.Future[list[Receipt]]


class Inbox:
    """Writes what is posted, a transaction at a time, and all that waits for it together.

    `write` writes alerts in one transaction. `presses` tells of an alert that may be true now: it
    shares none with the others, which would hold it up, and takes turns with them. While a worker
    is at what can't wait, they do.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Judged]], Awaitable[list[Receipt]]],
        presses: Callable[[Judged], bool],
        focus: Focus,
    ) -> None:
        self._write = write
        self._presses = presses
        self._focus = focus
        self._pressing = deque[_Post]()
        self._others = deque[_Post]()
        self._pressed = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    async def put(self, alerts: Sequence[Judged]) -> list[Receipt]:
        """Have alerts written, and return what was made of each once they are.

        Raises:
            JournalError: none of them was written, or it is not known whether they were.
        """
        loop = asyncio.get_running_loop()
        post = _Post(alerts, loop.create_future())
        if any(self._presses(alert) for alert in alerts):
            self._pressing.append(post)
            self._pressed.set()
        else:
            self._others.append(post)
        if self._writing is None:
            self._writing = loop.create_task(self._write_on(), name="inbox")
        return await post.receipts

    async def _write_on(self) -> None:
        loop = asyncio.get_running_loop()
        rested, pressed = loop.time(), False
        try:
            while self._pressing or self._others:
                if not self._others:
                    rested = loop.time()
                held = min(self._focus.remaining(), rested + _LONGEST - loop.time())
                others_may = bool(self._others) and held <= 0
                if self._pressing and not (pressed and others_may):
                    pressed = True
                    await self._write_all(list(_taken(self._pressing)))
                elif others_may:
                    pressed = False
                    await self._write_all(list(_taken(self._others)))
                    rested = loop.time()
                else:
                    await self._wait(held)
        finally:
            self._writing = None

    async def _wait(self, seconds: float) -> None:
        """Wait until something presses, or nothing is held up any more."""
        self._pressed.clear()
        ends = [self._pressed.wait(), self._focus.over.coming.wait()]
        waiting = [asyncio.ensure_future(each) for each in ends]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()

    async def _write_all(self, posts: Sequence[_Post]) -> None:
        """Write posts together; if they can't be, each by itself, since it may be one's fault."""
        try:
            receipts = iter(await self._write([alert for post in posts for alert in post.alerts]))
        except Exception as error:
            if len(posts) > 1 and not isinstance(error, UnreachableError):
                for post in posts:
                    await self._write_all([post])
                return
            for post in posts:
                if not post.receipts.done():
                    post.receipts.set_exception(error)
            return
        for post in posts:
            taken = [next(receipts) for _ in post.alerts]
            if not post.receipts.done():  # whoever posted may have gone
                post.receipts.set_result(taken)


def _taken(queue: deque[_Post]) -> Iterator[_Post]:
    """Take as many posts as go into a transaction, one at least, the oldest first."""
    room = AT_ONCE
    for _ in range(min(POSTS, len(queue))):
        if len(queue[0].alerts) > room != AT_ONCE:
            return
        room -= len(queue[0].alerts)
        yield queue.popleft()
