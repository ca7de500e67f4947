"""The way of the alerts, as shipped: scraped, evaluated, held for a while, delivered.

The rules are those of `alertmanager/rules/actions.yml`, worked out for one host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bench.policy.agenda import Agenda
from bench.policy.trouble import Trouble

_DELIVERY = 0.1
_TICK = 5.0
"""Seconds of `group_interval`: what is over is told at its next tick."""

_SCRAPES_BRIDGED = 3
"""`last_over_time` looks back over so many scrape intervals."""

_MISSES, _LAG = 3, 2
_TOLERANCE = 1e-6  # seconds


class Alert(StrEnum):
    """The alerts that accuse a key."""

    MISSING = "WitnessMissingBlocks"
    DOWN = "ProducerDown"
    LAGGING = "ProducerLagging"
    FORKED = "ProducerForked"


@dataclass(frozen=True, slots=True)
class Path:
    """The intervals of scrape and evaluation and the duration of `for`, in seconds."""

    scrape: float = 2.0
    evaluation: float = 2.0
    hold: float = 8.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the exporter tells at a scrape; of the host on air, None: nothing of that.

    `nodes_head` is the height of the nodes' head, `head` that of the host's own.
    """

    misses: int
    nodes_head: int
    up: bool | None = None
    head: int | None = None
    canonical: bool | None = None


class AlertPath:
    """Scrapes and evaluates; `fired` and `resolved` are called when an alert's notice arrives."""

    def __init__(
        self,
        path: Path,
        trouble: Trouble,
        agenda: Agenda,
        look: Callable[[], Sample],
        fired: Callable[[Alert], None],
        resolved: Callable[[Alert], None],
    ) -> None:
        self._path = path
        self._trouble = trouble
        self._agenda = agenda
        self._look = look
        self._tell = {True: fired, False: resolved}
        self._newest: Sample | None = None
        self._up: tuple[float, bool] | None = None
        self._head: tuple[float, int] | None = None
        self._canonical: tuple[float, bool] | None = None
        self._since: dict[Alert, float] = {}
        self._firing: dict[Alert, float] = {}

    @property
    def firing(self) -> frozenset[Alert]:
        """Return the alerts that fire at Prometheus."""
        return frozenset(self._firing)

    def begin(self) -> None:
        """Enter the first scrape and evaluation into the agenda."""
        now, trouble = self._agenda.now, self._trouble
        self._agenda.at(now + trouble.scrape * self._path.scrape, self._scrape)
        self._agenda.at(now + trouble.evaluation * self._path.evaluation, self._evaluate)

    def _scrape(self) -> None:
        now, sample = self._agenda.now, self._look()
        self._newest = sample
        if sample.up is not None:
            self._up = now, sample.up
        if sample.head is not None:
            self._head = now, sample.head
        if sample.canonical is not None:
            self._canonical = now, sample.canonical
        self._agenda.at(now + self._path.scrape, self._scrape)

    def _evaluate(self) -> None:
        now = self._agenda.now
        for alert in Alert:
            # One after the other, as in a group: the last one goes by what another came to.
            if not self._holds(alert):
                self._since.pop(alert, None)
                if (fired := self._firing.pop(alert, None)) is not None:
                    ticks = (now - fired) // _TICK + 1
                    self._notify(alert, fired + ticks * _TICK, firing=False)
            elif alert not in self._firing:
                hold = 0.0 if alert is Alert.MISSING else self._path.hold
                if now - self._since.setdefault(alert, now) >= hold - _TOLERANCE:
                    self._firing[alert] = now
                    self._notify(alert, now, firing=True)
        self._agenda.at(now + self._path.evaluation, self._evaluate)

    def _holds(self, alert: Alert) -> bool:
        """Tell whether an alert's expression holds."""
        if self._newest is None:
            return False
        head = self._last(self._head)
        lag = self._newest.nodes_head - head if head is not None else None
        match alert:
            case Alert.MISSING:
                return self._newest.misses >= _MISSES
            case Alert.DOWN:
                return self._last(self._up) is False
            case Alert.LAGGING:
                return lag is not None and lag >= _LAG
            case Alert.FORKED:
                told_already = Alert.LAGGING in self._firing
                ahead = lag is not None and -lag >= _LAG
                return self._last(self._canonical) is False and not told_already and not ahead

    def _last(self, noted: tuple[float, int] | None) -> int | None:
        window = _SCRAPES_BRIDGED * self._path.scrape
        return noted[1] if noted and self._agenda.now - noted[0] < window else None

    def _notify(self, alert: Alert, time: float, *, firing: bool) -> None:
        self._agenda.at(time + _DELIVERY, lambda: self._tell[firing](alert))
