"""Keeps the clerk at work."""

from __future__ import annotations

import asyncio

from bench.soak.clerk import Clerk
from bench.soak.ground import Ground

_EVERY = 30.0


def clerk_of(ground: Ground) -> Clerk:
    """Return a clerk for all witnesses that have a ring."""
    witnesses = ground.running.watch.settings.witnesses
    known = {f"1.6.{index}": witness for index, witness in enumerate(witnesses, start=1)}
    return Clerk(ground.chronicle, ground.roll, known)


async def keep_books(clerk: Clerk) -> None:
    """Have a clerk go through the chain until cancelled."""
    while True:
        await asyncio.sleep(_EVERY)
        clerk.work()
