"""What is measured as it happens, and what prometheus_client tells of the process and its build."""

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
    """A registry of its own with figures about process, platform, build, and calls to nodes."""

    def __init__(self, nodes: Iterable[str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        build = Gauge(BUILD_INFO.name, BUILD_INFO.help, BUILD_INFO.labels, registry=self.registry)
        build.labels(version(), platform.python_version()).set(1)
        durations = Histogram(
            NODE_RPC_DURATION.name,
            NODE_RPC_DURATION.help,
            NODE_RPC_DURATION.labels,
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._durations = {node: durations.labels(node) for node in nodes}

    def called(self, node: str, seconds: float) -> None:
        """Count a call; those of other nodes (the producers' own endpoints) are not counted."""
        if duration := self._durations.get(node):
            duration.observe(seconds)


def version() -> str:
    """Return the version of the installed package."""
    try:
        return metadata.version("understudy")
    except metadata.PackageNotFoundError:
        return "source"  # run from a checkout that isn't installed
