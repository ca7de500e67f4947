"""The metrics of resolving. Every labelled series exists from the start.

understudy_resolutions_total{outcome="converged"} 1.0
understudy_open_resolutions{decision="too_deep",node="",peer="p1"} 1.0
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from switcher.metrics import STRANGER
from switcher.model import ActionName
from switcher.resolving.model import Kind, Matter, ResolveDecision, ResolveOutcome, Subject
from switcher.resolving.status import Kept

STRANGERS = tuple(Subject(kind, STRANGER) for kind in Kind)
"""Stand for all that are not configured: their names come from whoever posts alerts."""


class ResolveMetrics:
    """Counts and gauges of what is done about chains.

    `decided` counts a decision among those of every action; `subjects` are those configured;
    `replica` is the replica of the peer chain, None where there is none.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        decided: Callable[[ActionName, str], None],
        subjects: Iterable[Subject],
        replica: Kept | None = None,
    ) -> None:
        self._decided = decided
        self._subjects = tuple(subjects)
        self._outcomes = Counter(
            "understudy_resolutions",
            "Resolutions of forks, counted at each outcome; one passes through several.",
            ["outcome"],
            registry=registry,
        )
        self._open = Gauge(
            "understudy_open_resolutions",
            "Open alerts about the chain of a node or peer, by what is decided about them now.",
            ["node", "peer", "decision"],
            registry=registry,
        )
        if replica is not None:
            registry.register(_Replica(replica))
        for outcome in ResolveOutcome:
            self._outcomes.labels(outcome)
        for subject in (*self._subjects, *STRANGERS):
            self.show(subject, ())

    def decided(self, decision: ResolveDecision) -> None:
        """Count a change of decision."""
        self._decided(ActionName.RESOLVE, decision)

    def came_of(self, outcome: ResolveOutcome) -> None:
        """Count what came of an attempt."""
        self._outcomes.labels(outcome).inc()

    def show(self, subject: Subject, matters: Iterable[Matter]) -> None:
        """Set how many alerts about a subject are open; a person's order has a person waiting."""
        counts = Count(m.decision for m in matters if m.wish is None)
        for decision in ResolveDecision:
            self._labelled(subject, decision).set(counts[decision])

    def _labelled(self, subject: Subject, decision: ResolveDecision) -> Gauge:
        node, peer = (subject.name if subject.kind is kind else "" for kind in Kind)
        return self._open.labels(node, peer, decision)


class _Replica(Collector):
    """How the replica is, when the metrics are read."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "understudy_replica_up", "Whether the replica of the peer chain can be used (1) or not."
        )
        up.add_metric((), float(not self._kept.trouble))
        yield up
        length = GaugeMetricFamily(
            "understudy_replica_length_blocks", "Blocks of the replica of the peer chain."
        )
        if (seen := self._kept.resolution) is not None:
            length.add_metric((), seen.length)
        yield length
