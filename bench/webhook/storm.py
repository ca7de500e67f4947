"""The one alert that matters, while nothing else is posted and while ten thousand others are.

Hosts of several witnesses are killed, and nobody alerted. Once the chain bears the alert out, it is
posted: what is measured is the time from there to the first node's taking the update.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.figures import over_runs, percentile, spread
from bench.processes import processor_seconds_of, resident_mb_of
from bench.webhook import samples
from bench.webhook.kept import WRITTEN, broadcast, count_entries
from bench.webhook.place import Place
from bench.webhook.samples import Sample
from switcher.turnout import is_shared, turnout
from understudy.errors import StackError

ALERTS = 10_000
CONNECTIONS = 100
_DEAD = 4
"""Hosts that die. With more, so many blocks would be missing that nobody is replaced."""

_HEALTHY = 3
"""Witnesses whose hosts are left alone, and accused all the same."""

_EVIDENCE_SECONDS = 180.0
_ACT_SECONDS = 60.0
_LOOK_EVERY = 0.1
_BREATH = 2.0
"""Seconds from the beginning of a storm, and from one alert that matters to the next."""


@dataclass(frozen=True, slots=True)
class Act:
    """How long one alert that mattered took, in seconds: to its 202, and to the broadcast."""

    answered: float
    acted: float


@dataclass(frozen=True, slots=True)
class Wave:
    """What was seen of some alerts that mattered before a storm, and of others in it."""

    idle: list[Act]
    stormy: list[Act]
    storm: dict[str, float]


async def wave(place: Place, alerts: int = ALERTS) -> Wave:
    """Have hosts die; one half of the alerts about them come before a storm, one in it.

    A place takes one storm: the bound of incidents within an hour is spent by the first.

    Raises:
        StackError: one that mattered was not taken or not acted upon, or came after the storm.
    """
    group, healthy = place.accounts[:_DEAD], place.accounts[-_HEALTHY:]
    crowd = samples.storm(alerts, [(account, place.key(account, "alpha")) for account in healthy])
    await _kill(place, group)
    for account in group:  # all of them first: a storm may be over before a miss shows
        await _borne_out(place, account)
    half = len(group) // 2
    idle = [await _act_after_a_breath(place, account) for account in group[:half]]
    before, spent = await place.read(count_entries), processor_seconds_of(place.process)
    bytes_before, memory = place.journal_bytes(), resident_mb_of(place.process)
    posting = asyncio.create_task(place.crowd.post(place.job(crowd, connections=CONNECTIONS)))
    stormy = []
    for account in group[half:]:
        stormy.append(await _act_after_a_breath(place, account))
        if posting.done():
            raise StackError("The storm was over before the alert that matters was acted upon.")
    told = await posting
    results = Counter(result for _, _, result, _ in told.acknowledged)
    written = sum(results[result] for result in WRITTEN)
    await place.confirm(crowd, told)
    storm = {
        "alerts": len(crowd),
        "seconds": told.took,
        "acknowledged_per_second": len(told.acknowledged) / told.took,
        "p50_ms": percentile(told.milliseconds, 50),
        "p99_ms": percentile(told.milliseconds, 99),
        "written": written,
        "refused": sum(told.failed.values()),
        "processor_seconds": processor_seconds_of(place.process) - spent,
        "entries": await place.read(count_entries) - before,
        "journal_mb": (place.journal_bytes() - bytes_before) / 1e6,
        "peak_mb": resident_mb_of(place.process, peak=True),
        "growth_mb": resident_mb_of(place.process) - memory,
    }
    return Wave(idle, stormy, storm)


async def _act_after_a_breath(place: Place, account: str) -> Act:
    await asyncio.sleep(_BREATH)
    return await _act(place, account)


async def _kill(place: Place, accounts: Sequence[str]) -> None:
    """Kill the host on air of some witnesses, and tell nobody."""
    for account in accounts:
        await place.net.nodes[place.net.settings.host_name(account, "alpha")].kill()


async def _borne_out(place: Place, account: str) -> None:
    """Wait until the chain shows of a witness what the policy asks for.

    Raises:
        StackError: it did not in time.
    """
    try:
        async with asyncio.timeout(_EVIDENCE_SECONDS):
            while not _shown(place, account):
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StackError("The chain did not show in time that the hosts are dead.") from error


def _shown(place: Place, account: str) -> bool:
    watch, policy = place.watch, place.written.policy
    ids = watch.witness_ids(account)
    if ids is None:
        return False
    misses = watch.follower.recent_misses(ids.witness_id)
    return (
        sum(not is_shared(miss) for miss in misses) >= policy.missed_blocks
        and turnout(watch.follower.entries(), ids.witness_id) >= policy.min_participation
    )


async def _act(place: Place, account: str) -> Act:
    """Post the alert that matters, and wait for the broadcast.

    Raises:
        StackError: it was not taken, or nothing was broadcast.
    """
    alert = Sample(account, place.key(account, "alpha"))
    told = await place.other.post(place.job([alert], seconds=_ACT_SECONDS))
    if not told.acknowledged:
        raise StackError(f"The alert that matters was not taken: {told.failed}.")
    _, posted, result, _ = told.acknowledged[0]
    if result not in ("opened", "renewed"):
        raise StackError(f"The alert that matters was {result}.")
    try:
        async with asyncio.timeout(_ACT_SECONDS):
            while (sent := await place.read(partial(broadcast, witness=account))) is None:
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StackError(f"{account} was not rotated within {_ACT_SECONDS:g} s.") from error
    return Act(told.milliseconds[0] / 1000, sent - posted)


def figures(found: Sequence[Wave]) -> dict[str, Any]:
    """Return the figures of all waves; the ratio is the median of those of each wave."""
    idle = [act.acted for wave in found for act in wave.idle]
    stormy = [act.acted for wave in found for act in wave.stormy]
    ratios = [_middle(wave.stormy) / _middle(wave.idle) for wave in found]
    storms = over_runs([{f"storm_{n}": each for n, each in wave.storm.items()} for wave in found])
    storms["spread"] |= {
        "idle_act_seconds": spread(idle),
        "storm_act_seconds": spread(stormy),
        "storm_ratio": spread(ratios),
    }
    return {
        "storm_ratio": round(statistics.median(ratios), 2),
        "idle_act_seconds": round(statistics.median(idle), 3),
        "storm_act_seconds": round(statistics.median(stormy), 3),
        "idle_answer_ms": round(statistics.median(a.answered for w in found for a in w.idle) * 1e3),
        "storm_answer_ms": round(
            statistics.median(a.answered for w in found for a in w.stormy) * 1e3
        ),
        **storms,
    }


def _middle(acts: Sequence[Act]) -> float:
    return statistics.median(act.acted for act in acts)
