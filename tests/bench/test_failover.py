"""What is made of everything that was seen of a failure, on a chain that was forged for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from bench.beside import others_gone
from bench.chronicle import Chronicle
from bench.failover import Evidence, Failover, failover
from bench.failure import Failure, Ring
from bench.faults import Fault
from bench.moments import Way
from bench.news import meanwhile
from bench.opponent import Move, Opponent
from bench.recorded import Recorded
from chains.bitshares.follower import Follower
from chains.bitshares.watch import Watch
from chains.settings import ProducerSettings, WitnessSettings
from devnet.keys import signing_key
from switcher.model import Entry
from switcher.words import EntryKind
from tests.support.chain import PREFIX, ForgedChain

OURS, ANOTHER = "1.6.1", "1.6.2"
ALPHA, BETA = [signing_key("init0", host) for host in (None, "beta")]
LATE = 0.5
"""Seconds after its slot began at which a block is seen."""

WITNESS = WitnessSettings(
    "init0",
    (ProducerSettings("alpha", ALPHA.text(PREFIX)), ProducerSettings("beta", BETA.text(PREFIX))),
)


NOTHING = Recorded({}, {})


class Reel:
    """Shows one block of a chain after the other, as a watch would."""

    def __init__(self, forged: ForgedChain, follower: Follower) -> None:
        self.follower = follower
        self.over = asyncio.Event()
        self.now = forged.blocks[0].time + LATE
        self._left = forged.blocks[1:]

    async def changed(self, seen: int) -> int:
        if not self._left:
            self.over.set()
            await asyncio.Event().wait()
        block = self._left.pop(0)
        self.follower.apply(block)
        self.now = block.time + LATE
        return seen + 1


class Story:
    """A chain on which ours fails after its first round, and is replaced after some misses."""

    def __init__(self, misses: int) -> None:
        self.forged = forged = ForgedChain()
        follower = Follower(PREFIX, 600)
        first = forged.run(1)
        follower.begin(first, forged.reading())
        forged.run(6)
        self.failed, self.head = forged.time + 1.0, forged.number
        while forged.aslot - forged.number < misses:
            forged.run(1, dead=(OURS,))
        self.decisive = forged.time
        forged.produce(2 if forged.owner() == OURS else 1, updates={OURS: BETA})
        self.in_block = forged.time
        forged.run(30)
        self.reel = Reel(forged, follower)

    async def told(
        self,
        way: Way,
        entries: Sequence[Entry] = (),
        recorded: Recorded = NOTHING,
        opponent: Opponent | None = None,
    ) -> Failover:
        chronicle = self.chronicle = Chronicle(cast(Watch, self.reel), lambda: self.reel.now)
        async with asyncio.timeout(5), meanwhile(chronicle.run()):
            await self.reel.over.wait()
        ring = Ring(way, WITNESS, OURS)
        failure = Failure(1, ring, Fault.KILL, "alpha", ALPHA.text(PREFIX), self.failed, self.head)
        evidence = Evidence(chronicle, entries, recorded, opponent or Opponent(), 3)
        return failover(failure, evidence)


def entry(time: float, kind: EntryKind, value: str, witness: str = "init0") -> Entry:
    return Entry(1, time, kind, value, witness, 1, None, "", {})


async def test_blocks_tell_misses_update_and_the_first_block_of_the_new_key() -> None:
    story = Story(misses=3)
    seen = await story.told(Way.PLAIN)
    moments = seen.moments
    assert (seen.lost, seen.successor) == (3, "beta")
    assert moments.decisive_miss == story.decisive + LATE
    assert moments.first_miss and story.failed < moments.first_miss < moments.decisive_miss
    assert moments.in_block == story.in_block + LATE
    assert moments.on_air and moments.irreversible
    assert moments.in_block < min(moments.on_air, moments.irreversible)
    assert moments.broadcast is moments.alert is None


async def test_two_misses_are_decisive_for_the_quick_one_only() -> None:
    assert (await Story(misses=2).told(Way.QUICK)).moments.decisive_miss
    assert (await Story(misses=2).told(Way.POLLING)).moments.decisive_miss is None


async def test_host_that_is_replaced_in_time_loses_nothing() -> None:
    seen = await Story(misses=0).told(Way.SHIPPED)
    assert (seen.lost, seen.successor) == (0, "beta")
    assert seen.moments.first_miss is seen.moments.decisive_miss is None


async def test_journal_and_prometheus_tell_what_was_done_about_this_failure_only() -> None:
    story = Story(misses=3)
    failed = story.failed
    entries = [
        entry(failed - 9, EntryKind.STEP, "sent"),
        entry(failed + 1, EntryKind.DECISION, "rotate", witness="init1"),
        entry(failed + 2, EntryKind.OPENED, "alert"),
        entry(failed + 3, EntryKind.DECISION, "not_corroborated"),
        entry(failed + 4, EntryKind.DECISION, "not_yet"),
        entry(failed + 5, EntryKind.DECISION, "rotate"),
        entry(failed + 6, EntryKind.STEP, "sent"),
    ]
    alpha, beta = ("init0", ALPHA.text(PREFIX)), ("init0", BETA.text(PREFIX))
    recorded = Recorded(
        firing={alpha: [(failed - 1, 1), (failed + 1.5, 1)], beta: [(failed + 1, 1)]},
        misses={alpha: [(failed + 1, 2), (failed + 1.2, 3), (failed + 3, 4)]},
    )
    moments = (await story.told(Way.PLAIN, entries, recorded)).moments
    told = {name: value for name, value in moments.since_failure().items() if value is not None}
    assert {name: told[name] for name in ("scraped", "alert", "webhook")} == {
        "scraped": 1.2,
        "alert": 1.5,
        "webhook": 2.0,
    }
    assert [told[name] for name in ("decided", "rotating", "broadcast")] == [4.0, 5.0, 6.0]


async def test_polling_switcher_tells_what_it_did_itself() -> None:
    story, opponent = Story(misses=3), Opponent()
    key = BETA.text(PREFIX)
    for witness, event, after in (
        ("init1", "decided", 1.0),
        ("init0", "decided", 2.0),
        ("init0", "sent", 2.5),
    ):
        opponent.moves.append(Move(witness, event, story.failed + after, key))
    moments = (await story.told(Way.POLLING, opponent=opponent)).moments
    assert moments.between("failed", "decided") == 2.0
    assert moments.between("decided", "broadcast") == 0.5
    assert moments.alert is None


async def test_slots_are_counted_up_to_the_first_that_a_decision_could_save() -> None:
    story = Story(misses=3)
    soon = [entry(story.failed + 1, EntryKind.DECISION, "not_yet")]
    late = [entry(story.failed + 20, EntryKind.DECISION, "not_yet")]
    # 13 s from the first block that it lacked (2 s after it failed), 3 s and 0.2 s: at 18.2 s.
    assert (await story.told(Way.SHIPPED, soon)).waited_slots == 6
    assert (await Story(misses=3).told(Way.SHIPPED, late)).waited_slots == 8
    assert (await Story(misses=3).told(Way.SHIPPED)).waited_slots is None


async def test_others_that_are_gone_meanwhile_are_counted_by_their_empty_slots() -> None:
    story = Story(misses=3)
    seen = await story.told(Way.PLAIN)
    assert others_gone(story.chronicle, [seen]) == 0
    another = replace(seen, failure=replace(seen.failure, ring=Ring(Way.PLAIN, WITNESS, ANOTHER)))
    assert others_gone(story.chronicle, [another]) == pytest.approx(1, abs=0.35)
    assert others_gone(story.chronicle, []) == 0
