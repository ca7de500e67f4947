"""One failure of the host on air, and all that follows until the ring is whole again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bench.chronicle import Slot
from bench.faults import Fault, could_sign, strike
from bench.news import say
from bench.theatre import INTERVAL, ROUND_SECONDS, Theatre
from chains.settings import WitnessSettings
from switcher.model import Entry
from switcher.moment import LEAST_LEAD
from switcher.settings import Policy

_PATIENCE = 6.0 * ROUND_SECONDS
_HEALING_SECONDS = 60.0
_WAIT = Policy().preempt_after
"""Seconds for which the shipped policy lets a host lack the chain's blocks."""

_LOOK_EVERY = 0.5


@dataclass(slots=True)
class Failover:
    """What is seen of a failure; times in seconds since the epoch, None: it did not happen.

    `decided` is the first decision to act, at once or later, `ready` when acting was allowed at the
    earliest: once the host had lacked blocks for `preempt_after`. `in_force` is when the block with
    the update could first be seen. `lost` counts the witness' empty slots from the failure to the
    first block of the successor.
    """

    number: int
    fault: Fault
    account: str
    host: str
    killed: float
    decided: float | None = None
    ready: float | None = None
    broadcast: float | None = None
    in_force: float | None = None
    successor: str | None = None
    lost: int = 0

    @property
    def kill_to_decision(self) -> float | None:
        """Return the seconds from the failure to the first decision to act."""
        return None if self.decided is None else self.decided - self.killed

    @property
    def slots_without_host(self) -> int | None:
        """Return how many slots came before the first that could be saved, whosever they were.

        An update has to be with the producer of the slot before.
        """
        if self.ready is None:
            return None
        first_saved = self.ready + INTERVAL + LEAST_LEAD
        return math.ceil(first_saved / INTERVAL) - math.ceil(self.killed / INTERVAL)

    @property
    def broadcast_to_in_force(self) -> float | None:
        """Return the seconds from the broadcast to the block that holds the update."""
        if self.in_force is None or self.broadcast is None:
            return None
        return self.in_force - self.broadcast

    def tell(self) -> None:
        """Print it to standard error as one JSON line, with its times since the failure."""
        told = asdict(self)
        for moment in ("decided", "ready", "broadcast", "in_force"):
            if told[moment] is not None:
                told[moment] = round(told[moment] - self.killed, 2)
        told["killed"] = round(self.killed, 2)
        say(json.dumps(told))


async def failover(
    theatre: Theatre,
    witness: WitnessSettings,
    number: int,
    fault: Fault,
    off_air: asyncio.Semaphore,
) -> Failover:
    """Let the host on air fail, see what comes of it, and heal it in the end.

    It is healed once its successor's term is irreversible and has begun with a block, or after six
    rounds without that. `off_air` is held until somebody signs again.
    """
    net = theatre.running.net
    host = theatre.on_air(witness)
    async with off_air:
        head = theatre.chronicle.head
        seen = Failover(number, fault, witness.account, host, killed=time.time())
        await strike(net, host, fault)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await _observe(theatre, witness, seen, head.number if head else 0)
        seen.lost = len(_lost(theatre, witness, seen))
        seen.tell()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await theatre.diary.first(_told(seen, "ended", "on_air"), seen.killed)
    await net.nodes[host].heal()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_HEALING_SECONDS):
            while not could_sign(net, host):
                await asyncio.sleep(_LOOK_EVERY)
    return seen


async def _observe(theatre: Theatre, witness: WitnessSettings, seen: Failover, head: int) -> None:
    """Fill in what happens, up to the first block that another host signs."""
    diary, chronicle = theatre.diary, theatre.chronicle
    witness_id = theatre.witness_id(witness.account)
    decided = await diary.first(_told(seen, "decision", "not_yet", "rotate"), seen.killed)
    seen.decided = decided.time
    lacked = next(block.time for block in chronicle.blocks() if block.time > seen.killed)
    seen.ready = max(seen.decided, lacked + _WAIT)
    seen.broadcast = (await diary.first(_told(seen, "step", "sent"), seen.killed)).time
    change = await chronicle.news.until(
        lambda: next(iter(chronicle.changes(witness_id, head)), None)
    )
    seen.in_force = change.seen
    successor = witness.producer_of(change.key)
    seen.successor = successor.name if successor else change.key

    def signed() -> Slot | None:
        slots = chronicle.slots(witness_id, seen.killed)
        return next((slot for slot in slots if slot.key == change.key), None)

    await chronicle.news.until(signed)


def _lost(theatre: Theatre, witness: WitnessSettings, seen: Failover) -> list[Slot]:
    """Return the witness' empty slots before the first block after the failure."""
    slots = theatre.chronicle.slots(theatre.witness_id(witness.account), seen.killed)
    signed = next((index for index, slot in enumerate(slots) if slot.key), len(slots))
    return slots[:signed]


def _told(seen: Failover, kind: str, *values: str) -> Callable[[Entry], bool]:
    return lambda e: (e.witness, e.kind) == (seen.account, kind) and e.value in values
