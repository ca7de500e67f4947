"""Where the monitoring is that `understudy check` looks at; `understudy.config` fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The HTTP address of a program, without a slash at its end, and a bearer token's file."""

    url: str
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class MonitoringSettings:
    """Every Prometheus and Alertmanager that is to be looked at."""

    prometheus: tuple[Endpoint, ...] = ()
    alertmanager: tuple[Endpoint, ...] = ()
