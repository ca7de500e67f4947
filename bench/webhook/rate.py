"""How many notifications a second are made durable, and how long one takes to be answered."""

from __future__ import annotations

from dataclasses import replace

from bench.figures import percentile
from bench.processes import processor_seconds_of
from bench.webhook.jobs import Told
from bench.webhook.place import Place
from bench.webhook.samples import Sample
from understudy.errors import StackError

ALERTS = 900
"""In each round: fewer than the thousand about unknown witnesses that may be open."""

CONNECTIONS = 16
BATCH = 100
KINDS = {"new": "opened", "repeat": "renewed", "resolved": "ended"}
"""What is posted, and what has to be made of every single one."""


async def one_round(place: Place, number: int, alerts: int = ALERTS) -> dict[str, float]:
    """Open, renew and end as many incidents, with a notification for each; then in batches.

    Raises:
        StackError: an alert was not taken as it should, or is not in the journal.
    """
    found, waited = dict[str, float](), list[float]()
    began = processor_seconds_of(place.process)
    for kind in KINDS:
        told = await _post(place, kind, samples(f"r{number}", alerts))
        found[f"{kind}_per_second"] = alerts / told.took
        waited += told.milliseconds
    spent = processor_seconds_of(place.process) - began
    seconds = [
        (await _post(place, kind, samples(f"b{number}", alerts), each=BATCH, connections=1)).took
        for kind in KINDS
    ]
    return {
        # The slowest kind stands for all.
        "durable_per_second": min(found.values()),
        **found,
        "p50_ms": percentile(waited, 50),
        "p99_ms": percentile(waited, 99),
        "processor_ms": spent / (len(KINDS) * alerts) * 1000,
        "batched_alerts_per_second": len(KINDS) * alerts / sum(seconds),
    }


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


def samples(name: str, count: int) -> list[Sample]:
    """Return alerts about as many witnesses that nobody configured."""
    return [Sample(f"{name}w{number}", f"BTS{name}k{number}") for number in range(count)]
