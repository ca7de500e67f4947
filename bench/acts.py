"""Who fails when: in each act the hosts on air of some rings, in one way and at one moment."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.failover import Evidence, Failover, failover
from bench.failure import Failure, Ring, fail, heal, replaced
from bench.faults import Fault
from bench.moments import HABITS, Way
from bench.news import say
from bench.opponent import Opponent
from bench.poller import Orders
from bench.recorded import recorded
from bench.theatre import Theatre
from chains.settings import ProducerSettings, WitnessSettings
from devnet.launch import Devnet
from devnet.settings import DevnetSettings

_BEFORE = 10.0
"""Seconds before the first failure from which Prometheus' samples are asked for."""


@dataclass(frozen=True, slots=True)
class Act:
    """How hosts fail, and who watches those to whom it happens at the same moment."""

    fault: Fault
    ways: Sequence[Way]


Cast = Mapping[Way, Sequence[str]]
"""The accounts of the witnesses with a ring, by who watches them."""


def cast(settings: DevnetSettings, counts: Mapping[Way, int]) -> Cast:
    """Return so many witnesses for each way to watch, in the order of their accounts."""
    accounts = iter(settings.accounts()[: settings.rings])
    return {way: [next(accounts) for _ in range(count)] for way, count in counts.items()}


def orders(net: Devnet, played: Cast, draw: random.Random) -> list[Orders]:
    """Return what the switchers that poll are to do, each at a phase of its own."""
    return [
        Orders(
            account,
            [producer.signing_key for producer in _ring(net, way, account).witness.producers],
            habit.period,
            habit.threshold,
            draw.uniform(0, habit.period),
        )
        for way, habit in HABITS.items()
        for account in played.get(way, ())
    ]


class Play:
    """All acts on one stage; at most `off_air` witnesses are without a host at once."""

    def __init__(
        self, theatre: Theatre, opponent: Opponent, played: Cast, off_air: int, draw: random.Random
    ) -> None:
        self._theatre = theatre
        self._opponent = opponent
        self._off_air = asyncio.Semaphore(off_air)
        self._draw = draw
        self._whole: dict[Way, asyncio.Queue[Ring]] = {way: asyncio.Queue() for way in played}
        for way, accounts in played.items():
            for account in draw.sample(accounts, len(accounts)):
                self._whole[way].put_nowait(_ring(theatre.running.net, way, account))

    async def run(self, acts: Sequence[Act], pause: tuple[float, float]) -> list[Failover]:
        """Play all acts, each some seconds after the one before; return what was seen of them.

        Raises:
            StackError: a host that was to fail is not on air, or Prometheus doesn't answer.
        """
        began, tasks = time.time(), list[asyncio.Task[Failure]]()
        async with asyncio.TaskGroup() as group:
            for number, act in enumerate(acts, start=1):
                await asyncio.sleep(self._draw.uniform(*pause))
                rings = [await self._whole[way].get() for way in act.ways]
                for _ in rings:
                    await self._off_air.acquire()
                failing = (fail(self._theatre, ring, number, act.fault) for ring in rings)
                failures = await asyncio.gather(*failing)
                hosts = ", ".join(f"{each.host} ({each.ring.way})" for each in failures)
                say(f"live: {number} of {len(acts)}: {act.fault} {hosts}")
                tasks += [group.create_task(self._outlast(failure)) for failure in failures]
        return await self._seen([task.result() for task in tasks], time.time() - began)

    async def _outlast(self, failure: Failure) -> Failure:
        """See a failure through; its ring comes again once it is whole."""
        change = await replaced(self._theatre, failure)
        self._off_air.release()
        await heal(self._theatre, failure, change)
        self._whole[failure.ring.way].put_nowait(failure.ring)
        return failure

    async def _seen(self, failures: Sequence[Failure], seconds: float) -> list[Failover]:
        theatre = self._theatre
        samples = await recorded(theatre.running.stack.prometheus.url, seconds + _BEFORE)
        interval = theatre.running.net.settings.interval
        entries = theatre.diary.entries
        evidence = Evidence(theatre.chronicle, entries, samples, self._opponent, interval)
        found = [failover(failure, evidence) for failure in failures]
        for each in found:
            each.tell()
        return found


def _ring(net: Devnet, way: Way, account: str) -> Ring:
    settings = net.settings
    hosts = [settings.host_name(account, host) for host in settings.hosts]
    producers = tuple(ProducerSettings(host, net.signing_key(host)) for host in hosts)
    number = settings.accounts().index(account) + 1
    return Ring(way, WitnessSettings(account, producers), f"1.6.{number}")
