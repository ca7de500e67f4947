"""One failure of a host on air: what is done, until its ring is whole again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

from bench.chronicle import Change
from bench.faults import Fault, could_sign, strike
from bench.moments import Way
from bench.theatre import Theatre
from chains.settings import WitnessSettings

_PATIENCE_ROUNDS = 6
_HEALING_SECONDS = 60.0
_LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class Ring:
    """A witness whose hosts fail, its object id, and who watches it."""

    way: Way
    witness: WitnessSettings
    witness_id: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What was done: which host of a ring failed when, its key, and the head's height just then."""

    number: int
    ring: Ring
    fault: Fault
    host: str
    key: str
    time: float
    head: int


async def fail(theatre: Theatre, ring: Ring, number: int, fault: Fault) -> Failure:
    """Let the host on air fail.

    Raises:
        StackError: no host of the ring is.
    """
    producer = theatre.producer_on_air(ring.witness, ring.witness_id)
    head = theatre.chronicle.head
    height = head.number if head else 0
    key, host = producer.signing_key, producer.name
    failure = Failure(number, ring, fault, host, key, time.time(), height)
    await strike(theatre.running.net, host, fault)
    return failure


async def replaced(theatre: Theatre, failure: Failure) -> Change | None:
    """Wait until a block holds another key; None: none did for six rounds."""
    chronicle, witness = theatre.chronicle, failure.ring.witness_id
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_patience(theatre)):
            return await chronicle.news.until(
                lambda: next(iter(chronicle.changes(witness, failure.head)), None)
            )
    return None


async def heal(theatre: Theatre, failure: Failure, change: Change | None) -> None:
    """Heal the host once its successor has signed and the change is irreversible."""
    net, chronicle = theatre.running.net, theatre.chronicle
    witness = failure.ring.witness_id
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_patience(theatre)):
            if change:
                await chronicle.news.until(lambda: chronicle.irreversible(change.block))
                await chronicle.news.until(
                    lambda: chronicle.signed(witness, change.key, change.block)
                )
    await net.nodes[failure.host].heal()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_HEALING_SECONDS):
            while not could_sign(net, failure.host):
                await asyncio.sleep(_LOOK_EVERY)


def _patience(theatre: Theatre) -> float:
    return float(_PATIENCE_ROUNDS * theatre.round_seconds)
