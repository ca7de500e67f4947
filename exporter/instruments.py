"""What prometheus_client tells of the process and its build."""

from __future__ import annotations

import platform
from importlib import metadata

from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector

from exporter.catalogue import BUILD_INFO


def process_registry() -> CollectorRegistry:
    """Return a registry of its own with figures about process, platform and build."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    build = Gauge(BUILD_INFO.name, BUILD_INFO.help, BUILD_INFO.labels, registry=registry)
    build.labels(_version(), platform.python_version()).set(1)
    return registry


def _version() -> str:
    try:
        return metadata.version("understudy")
    except metadata.PackageNotFoundError:
        return "source"  # run from a checkout that isn't installed
