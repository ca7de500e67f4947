"""What was seen of a failure, by everybody who saw something of it. Pure, but for the telling."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.chronicle import Chronicle, Slot
from bench.failure import Failure
from bench.moments import HABITS, Moments, Way
from bench.news import say
from bench.opponent import Opponent
from bench.recorded import Recorded
from bench.saving import first_saved_slot
from switcher.model import Entry
from switcher.settings import Policy

_POLICY = Policy()
_UNDERSTUDY = (Way.SHIPPED, Way.PLAIN)
THRESHOLDS = {
    Way.SHIPPED: _POLICY.missed_blocks,
    Way.PLAIN: _POLICY.missed_blocks,
    **{way: habit.threshold for way, habit in HABITS.items()},
}
"""How many misses are one too many."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chain's blocks, the switcher's journal, Prometheus' samples, and what the pollers did.

    `interval` is the chain's, in seconds.
    """

    chronicle: Chronicle
    entries: Sequence[Entry]
    recorded: Recorded
    opponent: Opponent
    interval: int


@dataclass(frozen=True, slots=True)
class Failover:
    """What was seen of a failure.

    `lost` counts the witness' empty slots from the failure to its next block. `successor` is the
    host that was put on air, None: nobody was. `waited_slots` is how many slots came, whosever they
    were, before the first that could be saved.
    """

    failure: Failure
    moments: Moments
    successor: str | None
    lost: int
    waited_slots: int | None

    @property
    def way(self) -> Way:
        """Return who watched."""
        return self.failure.ring.way

    def tell(self) -> None:
        """Print it to standard error as one JSON line, with its times since the failure."""
        did = self.failure
        told = {"number": did.number, "way": self.way, "fault": did.fault, "host": did.host}
        seen = {"successor": self.successor, "lost": self.lost}
        say(json.dumps({**told, **seen, **self.moments.since_failure()}))


def failover(failure: Failure, evidence: Evidence) -> Failover:
    """Return what was seen of a failure."""
    ring, chronicle = failure.ring, evidence.chronicle
    change = next(iter(chronicle.changes(ring.witness_id, failure.head)), None)
    lost = len(_lost(chronicle.slots(ring.witness_id, failure.time)))
    misses = chronicle.misses(ring.witness_id, failure.time)[:lost]
    threshold = THRESHOLDS[ring.way]
    acted = _understudy if ring.way in _UNDERSTUDY else _poller
    moments = Moments(
        failed=failure.time,
        first_miss=misses[0] if misses else None,
        decisive_miss=misses[threshold - 1] if lost >= threshold else None,
        **acted(failure, evidence),
        in_block=change.seen if change else None,
        irreversible=chronicle.irreversible(change.block) if change else None,
        on_air=chronicle.signed(ring.witness_id, change.key, change.block) if change else None,
    )
    producer = ring.witness.producer_of(change.key) if change else None
    successor = producer.name if producer else None
    return Failover(failure, moments, successor, lost, _waited_slots(moments, evidence))


def _understudy(failure: Failure, evidence: Evidence) -> dict[str, float | None]:
    account, since = failure.ring.witness.account, failure.time
    accused = account, failure.key
    threshold = THRESHOLDS[failure.ring.way]

    def first(kind: str, *values: str) -> float | None:
        for entry in evidence.entries:
            ours = entry.witness == account and entry.time >= since and entry.kind == kind
            if ours and (not values or entry.value in values):
                return entry.time
        return None

    return {
        "scraped": evidence.recorded.missed(accused, threshold, since),
        "alert": evidence.recorded.alert(accused, since),
        "webhook": first("opened"),
        "decided": first("decision", "not_yet", "rotate"),
        "rotating": first("decision", "rotate"),
        "broadcast": first("step", "sent"),
    }


def _poller(failure: Failure, evidence: Evidence) -> dict[str, float | None]:
    account = failure.ring.witness.account
    decided = evidence.opponent.first(account, "decided", failure.time)
    sent = evidence.opponent.first(account, "sent", failure.time)
    return {
        "decided": decided.time if decided else None,
        "rotating": decided.time if decided else None,
        "broadcast": sent.time if sent else None,
    }


def _lost(slots: Sequence[Slot]) -> Sequence[Slot]:
    """Return the empty slots before the first that was filled."""
    return slots[: next((index for index, slot in enumerate(slots) if slot.key), len(slots))]


def _waited_slots(seen: Moments, evidence: Evidence) -> int | None:
    """Return how many slots came before the first that could be saved, whosever they were.

    The host lacks blocks from the next one on.
    """
    blocks, interval = evidence.chronicle.blocks(), evidence.interval
    lacked = next((block.time for block in blocks if block.time > seen.failed), None)
    if seen.decided is None or lacked is None:
        return None
    saved = first_saved_slot(lacked, interval, seen.decided)
    return round(saved / interval) - math.ceil(seen.failed / interval)
