"""What the exporter measures of itself: calls to nodes, its process, its build."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from exporter.catalogue import BUILD_INFO, NODE_RPC_DURATION

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Instruments:
    """A registry of its own; `nodes` are the names whose calls are measured, from the start."""

    def __init__(self, nodes: Iterable[str]) -> None:
        # Gauges beside each histogram that tell when it was made: a series more, and of no use.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        durations = Histogram(
            NODE_RPC_DURATION.name,
            NODE_RPC_DURATION.help,
            NODE_RPC_DURATION.labels,
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._durations = {name: durations.labels(name) for name in nodes}
        build = Gauge(BUILD_INFO.name, BUILD_INFO.help, BUILD_INFO.labels, registry=self.registry)
        build.labels(_version(), platform.python_version()).set(1)

    def observe_call(self, node: str, seconds: float) -> None:
        """Count a call to a node; calls to the producers' own endpoints are not counted."""
        if durations := self._durations.get(node):
            durations.observe(seconds)


def _version() -> str:
    try:
        return metadata.version("understudy")
    except metadata.PackageNotFoundError:
        return "source"  # run from a checkout that isn't installed
