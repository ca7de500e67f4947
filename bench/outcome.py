"""The figures of live failures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.failover import Failover
from bench.faults import FAILURES as KINDS
from bench.figures import mean, mean_interval, median, spread
from bench.moments import STAGES, Moments, Way, known, ratios, stage_name, stages
from bench.theatre import NETWORK, ROUND_SECONDS

ONE_SECOND, THREE_SECONDS = "one_second", "three_seconds"
"""The parts of a run, by how often a block comes."""


def plain_figures(seen: Sequence[Failover]) -> dict[str, Any]:
    """Return what the plain rule took at 1-second blocks, and how many times as long polling did.

    Each ratio is of two witnesses that failed in one way at one moment.
    """
    ours, theirs = [_moments(_of(seen, way)) for way in (Way.PLAIN, Way.POLLING)]
    readings = {
        "median_seconds_miss_to_broadcast": known(
            each.between("decisive_miss", "broadcast") for each in ours
        ),
        "polling_miss_to_broadcast_ratio": ratios(theirs, ours, "decisive_miss", "broadcast"),
        "polling_miss_to_on_air_ratio": ratios(theirs, ours, "first_miss", "on_air"),
    }
    return {
        "plain_failovers": sum(each.successor is not None for each in _of(seen, Way.PLAIN)),
        **_medians(readings),
        "plain_lost_blocks": sum(each.lost for each in _of(seen, Way.PLAIN)),
        "plain_polling_lost_blocks": sum(each.lost for each in _of(seen, Way.POLLING)),
    }


def shipped_figures(seen: Sequence[Failover], seed: int) -> dict[str, Any]:
    """Return what failures cost before the stack as it is shipped, in all and by their kind."""
    kinds = {kind: [each for each in seen if each.failure.fault is kind] for kind in KINDS}
    of_kinds = {str(kind): _shipped(each, seed) for kind, each in kinds.items()}
    for each in of_kinds.values():
        del each["spread"]
    return {**_shipped(seen, seed), "by_kind": of_kinds}


def polling_figures(seen: Sequence[Failover]) -> dict[str, Any]:
    """Return what the switcher that polls every 30 s lost, and how many times as much as ours.

    The time to be on air is compared over pairs that failed in one way at one moment.
    """
    polled, shipped = _of(seen, Way.POLLING), _of(seen, Way.SHIPPED)
    together = {each.failure.number for each in polled}
    beside = [each for each in shipped if each.failure.number in together]
    theirs, ours = [mean([each.lost for each in these]) for these in (polled, shipped)]
    on_air = ratios(_moments(polled), _moments(beside), "failed", "on_air")
    return {
        "polling_failures": len(polled),
        "polling_lost_blocks": sum(each.lost for each in polled),
        "polling_lost_blocks_per_failure": theirs,
        "polling_lost_blocks_ratio": round(theirs / ours, 1) if theirs and ours else None,
        **_medians({"polling_failure_to_on_air_ratio": on_air}),
    }


def stage_figures(plain: Sequence[Failover], seen: Sequence[Failover]) -> dict[str, Any]:
    """Return the seconds of every stage, by who watches; those at 1-second blocks apart."""
    parts = {ONE_SECOND: plain, THREE_SECONDS: seen}
    spreads = {
        f"stages.{part}.{way}.{name}": each
        for part, these in parts.items()
        for way in Way
        for name, each in stages(way, _moments(_of(these, way))).items()
    }
    return {"stages": _nested(spreads), "spread": spreads}


def stage_names(part: str, way: Way) -> Iterator[str]:
    """Return the figures of the stages of whoever watches, in their order."""
    return (f"stages.{part}.{way}.{stage_name(*stage)}" for stage in STAGES[way])


def losses(seen: Sequence[Failover]) -> Mapping[Way, Sequence[int]]:
    """Return the blocks lost by each failure, by who watches, where anybody failed."""
    return {way: lost for way in Way if (lost := [each.lost for each in _of(seen, way)])}


def _shipped(seen: Sequence[Failover], seed: int) -> dict[str, Any]:
    moments = _moments(seen)
    spans = {
        "median_seconds_kill_to_decision": ("failed", "decided"),
        "median_seconds_broadcast_to_in_force": ("broadcast", "in_block"),
    }
    expected = known(_expected_loss(each) for each in moments)
    strict = [slots / NETWORK.witnesses for slots in known(each.waited_slots for each in seen)]
    return {
        "failures": len(seen),
        "replaced": sum(each.successor is not None for each in seen),
        **_medians({n: known(e.between(*span) for e in moments) for n, span in spans.items()}),
        "lost_blocks": sum(each.lost for each in seen),
        "lost_blocks_per_failure": mean([each.lost for each in seen]),
        "expected_lost_blocks": mean(expected),
        "expected_lost_blocks_interval": mean_interval(expected, seed),
        "expected_lost_blocks_strict": mean(strict),
        "expected_lost_blocks_strict_interval": mean_interval(strict, seed),
    }


def _expected_loss(seen: Moments) -> float | None:
    """Return how likely the witness' one slot of a round falls where nobody can sign it."""
    decided, in_force = seen.between("failed", "decided"), seen.between("broadcast", "in_block")
    return None if decided is None or in_force is None else (decided + in_force) / ROUND_SECONDS


def _of(seen: Sequence[Failover], way: Way) -> list[Failover]:
    return [each for each in seen if each.way is way]


def _moments(seen: Sequence[Failover]) -> list[Moments]:
    """Return the moments of failures, in their order."""
    return [each.moments for each in sorted(seen, key=lambda each: each.failure.number)]


def _medians(readings: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return the median of each figure's readings, None of none, and how far they were apart."""
    spreads = {name: spread(each) for name, each in readings.items() if each}
    return {**{name: median(each) for name, each in readings.items()}, "spread": spreads}


def _nested(spreads: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return the medians under the parts of their names: stages.PART.WAY.STAGE."""
    found: dict[str, Any] = {}
    for name, each in spreads.items():
        _, part, way, stage = name.split(".")
        found.setdefault(part, {}).setdefault(way, {})[stage] = each["median"]
    return found
