"""For which witnesses this process acts, where several switchers share a journal.

Every one of them takes alerts and orders; only the holder of a witness' lease decides, broadcasts
and follows up. A switcher that can't see the chain gives its leases up for one that can.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from switcher.errors import JournalError
from switcher.lease_session import IDLE_SECONDS, Claim, LeaseSession

STRANGERS = "*"
"""The lease for all witnesses that are not configured; no account has such a name."""

CHAINS = "*chains"
"""The lease for the chains of nodes and peers, which no account has for a name either."""

_BEAT = 1.0
_FRESH = IDLE_SECONDS - 2.0
"""Seconds after a beat's beginning in which its leases count: over before the server gives up."""

_BLIND = 15.0
"""Seconds without a quorum of nodes after which the leases are offered to others."""

_OFFERED = 5.0
"""Seconds for which they are; whoever sees the chain tries at every beat."""

_log = structlog.get_logger("switcher.lease")


class Leases:
    """What this process holds: of the witnesses that it knows, of all others, and of all chains.

    `able` tells whether it sees a quorum of the nodes, and its clock is no hindrance.
    """

    def __init__(
        self,
        session: LeaseSession,
        witnesses: Collection[str],
        able: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._wanted = (*witnesses, STRANGERS, CHAINS)
        self._able = able
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lease")
        self._tokens: Mapping[str, int] = {}
        self._fresh_until = 0.0
        self._trouble = ""
        self._patience_ends = time.monotonic()

    def claim(self, witness: str) -> Claim | None:
        """Return what to write with for a witness, None where it is not for this process to act."""
        token = self._counted_on().get(witness)
        return None if token is None else Claim(witness, token)

    def _counted_on(self) -> Mapping[str, int]:
        return self._tokens if time.monotonic() < self._fresh_until else {}

    async def run(self, changed: Callable[[], None]) -> None:
        """Keep the leases until cancelled, and tell of every change."""
        try:
            while True:
                if await self.beat():
                    changed()
                await asyncio.sleep(_BEAT)
        finally:
            await self.close()

    async def beat(self) -> bool:
        """Show that this process lives and take what is free; tell whether the leases changed."""
        began, before = time.monotonic(), self._counted_on()
        try:
            self._tokens = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._session.beat, self._asked_for(began), self._clock()
            )
            self._fresh_until, self._trouble = began + _FRESH, ""
        except JournalError as error:
            self._tokens = {}
            self._tell(str(error))
        except Exception:
            # Without beats another switcher acts, or nobody: whatever it is, it is tried again.
            self._tokens = {}
            _log.exception("keeping the leases failed, trying again")
        if self._tokens == before:
            return False
        _log.info("leases", acts_for=sorted(self._tokens))
        return True

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.error("no leases", error=trouble)
        self._trouble = trouble

    def _asked_for(self, now: float) -> Collection[str]:
        """Return what to hold: all, or while blind what nobody else wanted when it was offered."""
        if self._able():
            self._patience_ends = now + _BLIND
            return self._wanted
        if now < self._patience_ends:
            return self._wanted
        if now < self._patience_ends + _OFFERED:
            return ()
        self._patience_ends = now + _BLIND
        return self._wanted

    async def close(self) -> None:
        """Give everything up; others may have it at once."""
        self._tokens = {}
        await asyncio.get_running_loop().run_in_executor(self._thread, self._session.close)
        await asyncio.to_thread(self._thread.shutdown)
