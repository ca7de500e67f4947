"""Switchers that share a journal, each with its leases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from switcher.lease import Leases
from tests.switcher.scripted import Script
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, troupe


@dataclass
class Member:
    """One of the switchers, with its leases; `able` says whether it sees the nodes."""

    troupe: Troupe
    leases: Leases
    able: bool = True

    def acts(self) -> bool:
        return self.troupe.journal.acts_for(WITNESS)

    async def step(self) -> None:
        """Show that it lives, and look at what is open."""
        await self.leases.beat()
        await self.troupe.worker.step()


@asynccontextmanager
async def member(script: Script, url: str, name: str) -> AsyncIterator[Member]:
    """Have one more switcher, which takes what leases are free."""
    async with AsyncExitStack() as stack:
        t = await stack.enter_async_context(troupe(url, script))
        known = [witness.account for witness in script.settings.witnesses]
        leases = Leases(t.journal.lease_session(name), known, lambda: one.able, script.clock)
        stack.push_async_callback(leases.close)
        one = Member(t, leases)
        t.journal.act_under(leases)
        await leases.beat()
        yield one
