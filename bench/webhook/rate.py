"""How many notifications a second are made durable, and how long one takes to be answered."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.figures import percentile
from bench.webhook.place import Place
from bench.webhook.samples import Sample
from bench.webhook.jobs import Told
from understudy.errors import StackError

ALERTS = 900
"""In each round: fewer than the thousand about unknown witnesses that may be open."""

CONNECTIONS = 16
BATCH = 100
KINDS = {"new": "opened", "repeat": "renewed", "resolved": "ended"}
"""What is posted, and what has to be made of every single one."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed: notifications a second and milliseconds of each answer, by kind."""

    per_second: dict[str, float]
    milliseconds: dict[str, list[float]]
    batched: float


async def one_round(place: Place, number: int) -> Round:
    """Open, renew and end as many incidents; once with a notification for each, once in batches.

    Raises:
        StackError: an alert was not taken as it should, or is not in the journal.
    """
    rates, times = dict[str, float](), dict[str, list[float]]()
    alerts = samples(f"r{number}")
    for kind in KINDS:
        told = await _post(place, kind, alerts)
        rates[kind] = len(alerts) / told.took
        times[kind] = told.milliseconds
    batched, seconds = samples(f"b{number}"), 0.0
    for kind in KINDS:
        told = await _post(place, kind, batched, each=BATCH, connections=1)
        seconds += told.took
    return Round(rates, times, len(KINDS) * len(batched) / seconds)


async def _post(
    place: Place, kind: str, alerts: list[Sample], *, each: int = 1, connections: int = CONNECTIONS
) -> Told:
    posted = [replace(one, firing=kind != "resolved") for one in alerts]
    told = await place.crowd.post(place.job(posted, connections=connections, each=each))
    results = {result for _, _, result, _ in told.acknowledged}
    if results != {KINDS[kind]} or len(told.acknowledged) != len(alerts) or told.failed:
        raise StackError(f"Alerts that were to be {KINDS[kind]} were {results}, {told.failed}.")
    await place.confirm(posted, told)
    return told


def samples(name: str, count: int = ALERTS) -> list[Sample]:
    """Return alerts about as many witnesses that nobody configured."""
    return [Sample(f"{name}w{number}", f"BTS{name}k{number}") for number in range(count)]


def figures(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the figures of all rounds; the slowest kind stands for all in `durable_per_second`."""
    rates = {kind: [one.per_second[kind] for one in rounds] for kind in KINDS}
    times = {kind: [ms for one in rounds for ms in one.milliseconds[kind]] for kind in KINDS}
    slowest = min(KINDS, key=lambda kind: statistics.median(rates[kind]))
    return {
        "rounds": len(rounds),
        "durable_per_second": round(statistics.median(rates[slowest])),
        **{f"{kind}_per_second": round(statistics.median(rates[kind])) for kind in KINDS},
        "batched_alerts_per_second": round(statistics.median(one.batched for one in rounds)),
        "p50_ms": round(percentile(times[slowest], 50), 1),
        "p99_ms": round(max(percentile(times[kind], 99) for kind in KINDS), 1),
        "connections": CONNECTIONS,
    }
