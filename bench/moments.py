"""The moments of a failure, and how long each stage between two of them took. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bench.figures import spread
from bench.polling import QUICK, USUAL, Habit


class Way(StrEnum):
    """Who watches a witness, and by which rule."""

    SHIPPED = "shipped"
    """Understudy as it is shipped, before any miss."""
    PLAIN = "plain"
    """Understudy by its plain rule: nothing is known of the hosts but their keys."""
    POLLING = "polling"
    """A switcher that polls every 30 s, for three misses."""
    QUICK = "quick_polling"
    """A switcher that polls every 10 s, for two misses."""


HABITS: Mapping[Way, Habit] = {Way.POLLING: USUAL, Way.QUICK: QUICK}
"""How those poll who do."""


@dataclass(frozen=True, slots=True)
class Moments:
    """When things happened, in seconds since the epoch; None: they did not.

    `first_miss` and `decisive_miss` are when the first miss and that which is one too many could
    first be seen in a block. `scraped` is when Prometheus had the decisive one from the exporter,
    `alert` when the alert began to fire, by Prometheus' own time; `webhook` when the switcher took
    it in. `decided` is the first decision to act, at once or later,
    `rotating` that to act at once. `broadcast` is when nodes had taken the update; `in_block`,
    `irreversible` and `on_air` are when its block, that it can't be undone, and a block signed by
    the new key could first be seen.
    """

    failed: float
    first_miss: float | None = None
    decisive_miss: float | None = None
    scraped: float | None = None
    alert: float | None = None
    webhook: float | None = None
    decided: float | None = None
    rotating: float | None = None
    broadcast: float | None = None
    in_block: float | None = None
    irreversible: float | None = None
    on_air: float | None = None

    def between(self, begin: str, end: str) -> float | None:
        """Return the seconds from one moment to another, None where either did not come."""
        began, ended = getattr(self, begin), getattr(self, end)
        return None if began is None or ended is None else ended - began

    def since_failure(self) -> dict[str, float | None]:
        """Return all moments in seconds since the failure."""
        return {each.name: _rounded(self.between("failed", each.name)) for each in fields(self)}


_AFTERWARDS = (
    ("broadcast", "in_block"),
    ("in_block", "on_air"),
    ("in_block", "irreversible"),
)
_BY_MISSES = (
    ("failed", "first_miss"),
    ("first_miss", "decisive_miss"),
    ("decisive_miss", "decided"),
)
_IN_ALL = (
    ("decisive_miss", "broadcast"),
    ("first_miss", "on_air"),
    ("failed", "on_air"),
)
_POLLED = (*_BY_MISSES, ("decided", "broadcast"), *_AFTERWARDS, *_IN_ALL)

STAGES: Mapping[Way, Sequence[tuple[str, str]]] = {
    Way.SHIPPED: (
        ("failed", "alert"),
        ("alert", "webhook"),
        ("webhook", "decided"),
        ("decided", "rotating"),
        ("rotating", "broadcast"),
        *_AFTERWARDS,
        ("failed", "on_air"),
    ),
    Way.PLAIN: (
        *_BY_MISSES,
        ("decisive_miss", "scraped"),
        ("scraped", "alert"),
        ("alert", "webhook"),
        ("webhook", "decided"),
        ("decided", "broadcast"),
        *_AFTERWARDS,
        *_IN_ALL,
    ),
    Way.POLLING: _POLLED,
    Way.QUICK: _POLLED,
}
"""From which moment to which a stage goes; those that are parts of another one come behind it."""


def stages(way: Way, seen: Sequence[Moments]) -> dict[str, Any]:
    """Return each stage over some failures: {"A_to_B_seconds": {median, min, max, runs}}."""
    found = {}
    for begin, end in STAGES[way]:
        spent = known(each.between(begin, end) for each in seen)
        if spent:
            found[stage_name(begin, end)] = spread(spent)
    return found


def stage_name(begin: str, end: str) -> str:
    """Return the name of the figure that tells how long it took from one moment to another."""
    return f"{begin}_to_{end}_seconds"


def ratios(theirs: Sequence[Moments], ours: Sequence[Moments], begin: str, end: str) -> list[float]:
    """Return how many times as long as us they took from one moment to another, pair by pair.

    Both of a pair failed in the same way at the same moment; pairs without all moments are left
    out.
    """
    return [
        long / short
        for their, our in zip(theirs, ours, strict=True)
        if (long := their.between(begin, end)) and (short := our.between(begin, end))
    ]


def known(values: Iterable[float | None]) -> list[float]:
    """Return those that are there."""
    return [value for value in values if value is not None]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
