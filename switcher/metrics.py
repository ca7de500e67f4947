"""The switcher's metrics. Every labelled counter exists at 0 from the start.

understudy_alerts_received_total{result="opened"} 1.0
understudy_decisions_total{action="rotate_signing_key",decision="rotate"} 1.0
understudy_rotations_total{outcome="on_air",witness="init0"} 1.0
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from switcher.model import (
    ActionName,
    Cause,
    Decision,
    DrillResult,
    Incident,
    Outcome,
    Rotation,
    Step,
)
from switcher.orders import Drilled
from switcher.resolving.model import ResolveDecision

RESULTS = (
    "opened",
    "renewed",
    "repeated",
    "ended",
    "resolved",
    "heartbeat",
    "ignored",
    "unknown_action",
    "malformed",
    "unparsable",
    "wrong_version",
    "unauthorised",
    "forbidden",
    "too_large",
    "too_slow",
    "not_written",
)
STAGES = (
    "alert_to_decision",
    "decision_to_broadcast",
    "broadcast_to_block",
    "block_to_irreversible",
    "block_to_on_air",
)
STRANGER = "unknown"
"""The label of witnesses that are not configured: their names come from whoever posts alerts."""

DECISIONS: Mapping[ActionName, type[Decision | ResolveDecision]] = {
    ActionName.ROTATE: Decision,
    ActionName.RESOLVE: ResolveDecision,
}

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250)


class Metrics:
    """Counts and gauges of one switcher, in a registry of their own.

    `rings` has the names of each witness' producers; `clock_offset` tells by how many seconds the
    clock here is ahead of the chain's, None where that is not known.
    """

    def __init__(
        self,
        rings: Mapping[str, Iterable[str]],
        clock_offset: Callable[[], float | None] = lambda: None,
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._witnesses = tuple(rings)
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._alerts = Counter(
            "understudy_alerts_received",
            "Alerts delivered by Alertmanager, and requests refused, by what became of them.",
            ["result"],
            registry=registry,
        )
        self._decisions = Counter(
            "understudy_decisions",
            "Decisions about accusations, each counted when it is made or changes.",
            ["action", "decision"],
            registry=registry,
        )
        self._rotations = Counter(
            "understudy_rotations",
            "Changes of a signing key, counted at each outcome; one passes through several.",
            ["witness", "outcome"],
            registry=registry,
        )
        self._stages = Histogram(
            "understudy_stage_duration_seconds",
            "Seconds from one step of a rotation to the next.",
            ["stage"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._armed = Gauge(
            "understudy_armed",
            "Whether the switcher may rotate the witness by itself (1) or only as ordered (0).",
            ["witness"],
            registry=registry,
        )
        self._acting = Gauge(
            "understudy_acting",
            "Whether this switcher acts for the witness (1), or another does, or nobody can (0).",
            ["witness"],
            registry=registry,
        )
        self._budget = Gauge(
            "understudy_rotation_budget_remaining",
            "Rotations that the switcher may still make by itself within 24 hours.",
            ["witness"],
            registry=registry,
        )
        self._open = Gauge(
            "understudy_open_incidents",
            "Open accusations by what is decided about them now. Orders don't count.",
            ["witness", "decision"],
            registry=registry,
        )
        self._heartbeat = Gauge(
            "understudy_heartbeat_timestamp_seconds",
            "Unix time at which the alert AlertPathHeartbeat last came, 0 if never.",
            registry=registry,
        )
        self._drills = Gauge(
            "understudy_drill_timestamp_seconds",
            "Unix time at which a drill last had this result for a producing host, 0 if never.",
            ["witness", "producer", "result"],
            registry=registry,
        )
        registry.register(_ClockOffset(clock_offset))
        build = Gauge(
            "understudy_build_info",
            "Always 1. The version of Understudy and of the Python that runs it.",
            ["version", "python"],
            registry=registry,
        )
        build.labels(_version(), platform.python_version()).set(1)
        self._start_at_zero()
        for witness, producers in rings.items():
            for producer in producers:
                self._drills.labels(witness, producer, DrillResult.SIGNED)

    def _start_at_zero(self) -> None:
        for result in RESULTS:
            self._alerts.labels(result)
        for action, decisions in DECISIONS.items():
            for decision in decisions:
                self._decisions.labels(action, decision)
        for stage in STAGES:
            self._stages.labels(stage)
        for witness in self._witnesses:
            self._armed.labels(witness)
            self._acting.labels(witness)
            self._budget.labels(witness)
            for outcome in Outcome:
                self._rotations.labels(witness, outcome)
        for witness in (*self._witnesses, STRANGER):
            for decision in Decision:
                self._open.labels(witness, decision)

    def expose(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)

    def alert(self, result: str) -> None:
        """Count an alert, or a request that was refused."""
        self._alerts.labels(result).inc()

    def decided(self, incident: Incident, decision: Decision, now: float) -> None:
        """Count a change of decision, and for the first one on an alert how long it took."""
        self.count_decision(incident.action, decision)
        acts = decision in (Decision.ROTATE, Decision.NOT_YET) and incident.decision is None
        if acts and incident.cause is Cause.ALERT and not incident.by_ourselves:
            self._stages.labels("alert_to_decision").observe(max(0.0, now - incident.opened))

    def count_decision(self, action: ActionName, decision: str) -> None:
        """Count a decision."""
        self._decisions.labels(action, decision).inc()

    def rotation_opened(self, rotation: Rotation) -> None:
        """Count a rotation that was just written down."""
        if rotation.outcome is not None:
            self._rotations.labels(rotation.draft.witness, rotation.outcome).inc()

    def rotation_sent(self, rotation: Rotation) -> None:
        """Note that nodes took a transaction, or that all of them refused it."""
        if rotation.sent is not None:
            spent = rotation.sent - rotation.draft.decided
            self._stages.labels("decision_to_broadcast").observe(spent)
        elif rotation.outcome is Outcome.REJECTED:
            self._rotations.labels(rotation.draft.witness, rotation.outcome).inc()

    def rotation_went_on(
        self, before: Rotation, after: Rotation, steps: Iterable[Outcome | Step]
    ) -> None:
        """Count the steps that a rotation made."""
        for step in steps:
            if isinstance(step, Outcome):
                self._rotations.labels(after.draft.witness, step).inc()
        if before.in_block is None and after.in_block and after.sent:
            self._stages.labels("broadcast_to_block").observe(after.in_block - after.sent)
        if before.irreversible is None and after.irreversible and after.in_block:
            spent = after.irreversible - after.in_block
            self._stages.labels("block_to_irreversible").observe(spent)
        if before.on_air is None and after.on_air and after.in_block:
            self._stages.labels("block_to_on_air").observe(after.on_air - after.in_block)

    def witness(self, witness: str, *, armed: bool, budget: int, acts: bool) -> None:
        """Set a witness' gauges."""
        self._armed.labels(witness).set(armed)
        self._acting.labels(witness).set(acts)
        self._budget.labels(witness).set(budget)

    def idle(self, witness: str) -> None:
        """Note that nothing can be done for a witness at present."""
        self._acting.labels(witness).set(0)

    def open_incidents(self, witness: str, counts: Mapping[Decision, int]) -> None:
        """Set how many incidents of a witness are open, by decision."""
        for decision in Decision:
            self._open.labels(witness, decision).set(counts.get(decision, 0))

    def drilled(self, witness: str, results: Iterable[Drilled]) -> None:
        """Note what a drill showed of producers."""
        for each in results:
            self._drills.labels(witness, each.producer, each.result).set(each.time)

    def heartbeat(self, time: float) -> None:
        """Note when the dead man's switch last came."""
        self._heartbeat.set(time)


class _ClockOffset(Collector):
    """A gauge that is absent while its value is not known."""

    def __init__(self, offset: Callable[[], float | None]) -> None:
        self._offset = offset

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "understudy_clock_offset_seconds",
            "Seconds the switcher's clock is ahead of the chain's, or behind. Absent if unknown.",
        )
        if (offset := self._offset()) is not None:
            family.add_metric((), offset)
        yield family


def _version() -> str:
    try:
        return version("understudy")
    except PackageNotFoundError:
        return "uninstalled"
