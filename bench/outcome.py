"""The figures of live failures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.failover import Failover
from bench.faults import FAILURES as KINDS
from bench.figures import mean, mean_interval, median, spread
from bench.moments import Moments, Way, known, ratio, stages
from bench.theatre import NETWORK, ROUND_SECONDS

_COMPARED = (
    ("decisive_miss", "broadcast"),
    ("first_miss", "on_air"),
)


def plain_figures(seen: Sequence[Failover]) -> dict[str, Any]:
    """Return what the plain rule took at 1-second blocks, and how many times as long polling did.

    Each ratio is of two witnesses that failed in one way at one moment.
    """
    ours, theirs = [_moments(seen, way) for way in (Way.PLAIN, Way.POLLING)]
    spent = known(each.between("decisive_miss", "broadcast") for each in ours)
    return {
        "plain_failovers": sum(each.successor is not None for each in _of(seen, Way.PLAIN)),
        "median_seconds_miss_to_broadcast": median(spent),
        "polling_ratios": {
            f"{begin}_to_{end}": ratio(theirs, ours, begin, end) for begin, end in _COMPARED
        },
        "plain_lost_blocks": sum(each.lost for each in _of(seen, Way.PLAIN)),
        "plain_polling_lost_blocks": sum(each.lost for each in _of(seen, Way.POLLING)),
        "spread": {"median_seconds_miss_to_broadcast": spread(spent)} if spent else {},
    }


def shipped_figures(seen: Sequence[Failover], seed: int) -> dict[str, Any]:
    """Return what failures cost before the stack as it is shipped, in all and by their kind."""
    kinds = {kind: [each for each in seen if each.failure.fault is kind] for kind in KINDS}
    spans = {
        "median_seconds_kill_to_decision": ("failed", "decided"),
        "median_seconds_broadcast_to_in_force": ("broadcast", "in_block"),
    }
    spent = {name: known(e.moments.between(*span) for e in seen) for name, span in spans.items()}
    return {
        **_losses(seen, seed),
        "by_kind": {str(kind): _losses(each, seed) for kind, each in kinds.items()},
        "spread": {name: spread(each) for name, each in spent.items() if each},
    }


def polling_figures(seen: Sequence[Failover]) -> dict[str, Any]:
    """Return what the switcher that polls every 30 s lost, and how many times as much as ours."""
    polled, shipped = [[each.lost for each in _of(seen, way)] for way in (Way.POLLING, Way.SHIPPED)]
    per_failure, ours = mean(polled), mean(shipped)
    return {
        "polling_failures": len(polled),
        "polling_lost_blocks": sum(polled),
        "polling_lost_blocks_per_failure": per_failure,
        "polling_lost_blocks_ratio": round(per_failure / ours, 1) if per_failure and ours else None,
    }


def stage_figures(plain: Sequence[Failover], seen: Sequence[Failover]) -> dict[str, Any]:
    """Return the seconds of every stage, by who watches; those at 1-second blocks apart."""
    return {
        "one_second": _stages(plain, (Way.PLAIN, Way.POLLING)),
        "three_seconds": _stages(seen, tuple(Way)),
    }


def losses(seen: Sequence[Failover]) -> Mapping[Way, Sequence[int]]:
    """Return the blocks lost by each failure, by who watches, where anybody failed."""
    return {way: lost for way in Way if (lost := [each.lost for each in _of(seen, way)])}


def _losses(seen: Sequence[Failover], seed: int) -> dict[str, Any]:
    moments = [each.moments for each in seen]
    expected = known(_expected_loss(each) for each in moments)
    strict = [slots / NETWORK.witnesses for slots in known(each.waited_slots for each in seen)]
    return {
        "failures": len(seen),
        "replaced": sum(each.successor is not None for each in seen),
        "median_seconds_kill_to_decision": median(
            known(each.between("failed", "decided") for each in moments)
        ),
        "median_seconds_broadcast_to_in_force": median(
            known(each.between("broadcast", "in_block") for each in moments)
        ),
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


def _moments(seen: Sequence[Failover], way: Way) -> list[Moments]:
    """Return the moments of those whom one watches, in the order of the acts."""
    ordered = sorted(_of(seen, way), key=lambda each: each.failure.number)
    return [each.moments for each in ordered]


def _stages(seen: Sequence[Failover], ways: Sequence[Way]) -> dict[str, Any]:
    return {str(way): stages(way, _moments(seen, way)) for way in ways if _of(seen, way)}
