"""Which rotations were needless: the host could have signed the slot that it was deprived of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from bench.chronicle import Change, Chronicle
from bench.faults import could_sign
from devnet.launch import Devnet

_BEFORE = 0.25
"""Seconds before a slot at which its producer must be fit: a block of the last slot is known."""


@dataclass
class Roll:
    """Which hosts could have signed each slot (by the second at which it began), for some hosts."""

    net: Devnet
    hosts: Collection[str]
    fit: dict[int, frozenset[str]] = field(default_factory=dict)

    async def run(self) -> None:
        """Call the roll before every slot until cancelled."""
        interval = self.net.settings.interval
        while True:
            slot = int((time.time() + _BEFORE) // interval + 1) * interval
            await asyncio.sleep(slot - _BEFORE - time.time())
            self.fit[slot] = frozenset(name for name in self.hosts if could_sign(self.net, name))

    def forget(self, before: float) -> None:
        """Forget the slots from before a time."""
        self.fit = {slot: fit for slot, fit in self.fit.items() if slot >= before}


def was_needless(
    chronicle: Chronicle, roll: Roll, witness: str, host: str, change: Change
) -> bool | None:
    """Tell whether a host could have signed its witness' first slot after its key was replaced.

    None while that slot has not come, or where the roll was not called before it.
    """
    since = next(block.time for block in chronicle.blocks() if block.number == change.block) + 1
    slots = chronicle.slots(witness, since)
    if not slots or slots[0].time not in roll.fit:
        return None
    return host in roll.fit[slots[0].time]
