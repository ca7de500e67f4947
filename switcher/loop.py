"""A loop that looks at what is open: when it is woken, and every few seconds besides."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog
from structlog.contextvars import bound_contextvars

from switcher.errors import JournalError, StandbyError

_LONGEST_SLEEP = 3.0

_log = structlog.get_logger("switcher.worker")


class Loop(ABC):
    """Does one step after another until it is stopped, whatever goes wrong in them.

    `named` stands in what is logged meanwhile.
    """

    def __init__(self, **named: str) -> None:
        self._named = named
        self._wake = asyncio.Event()
        self._stopping = False
        self._journal_trouble = ""

    def wake(self) -> None:
        """Have it look now."""
        self._wake.set()

    def stop(self) -> None:
        """Have `run` return once the step in hand is finished."""
        self._stopping = True
        self._wake.set()

    @abstractmethod
    async def step(self) -> None:
        """Look once at everything that is open.

        Raises:
            JournalError: it can't be read or written.
            StandbyError: another switcher took over meanwhile.
        """

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping:
            self._wake.clear()
            with bound_contextvars(**self._named):
                await self._guarded_step()
            await self._sleep()

    def _pause(self) -> float:
        """Return after how many seconds to look again if nothing wakes it."""
        return _LONGEST_SLEEP

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._pause()):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _guarded_step(self) -> None:
        try:
            await self.step()
            self._tell_of_journal("")
        except StandbyError as error:
            _log.info("another switcher took over", why=str(error))
        except JournalError as error:
            # Without the journal nothing is done; the next block finds the same incidents.
            self._tell_of_journal(str(error))
        except Exception:
            # The trouble of one must not end the service for the others.
            _log.exception("step failed, trying again with the next block")

    def _tell_of_journal(self, trouble: str) -> None:
        """Tell of a journal that can't be used, once, and when it can again (no trouble)."""
        if trouble == self._journal_trouble:
            return
        self._journal_trouble = trouble
        if trouble:
            _log.error("journal unusable, holding", error=trouble)
        else:
            _log.info("journal usable again")
