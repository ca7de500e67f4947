"""Keeping leases for as long as a switcher runs, where its journal is shared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from chains.bitshares.watch import Watch
from switcher.journal.journal import Journal
from switcher.lease import Leases
from switcher.status import sees_the_chain


@asynccontextmanager
async def under_leases(
    journal: Journal,
    holder: str,
    witnesses: Collection[str],
    watch: Watch,
    changed: Callable[[], None],
) -> AsyncIterator[None]:
    """Where the journal is shared, act only for what no other switcher acts for.

    `holder` names this one; `changed` is told whenever its leases are others than before.
    """
    if not journal.shared:
        yield
        return

    def able() -> bool:
        return sees_the_chain(watch.nodes, watch.timekeeping)

    leases = Leases(journal.lease_session(holder), witnesses, able, watch.clock.now)
    journal.act_under(leases)
    keeping = asyncio.create_task(leases.run(changed), name="leases")
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
