"""What the exporter is told, as typed values; the `understudy` package fills them in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExporterSettings:
    """Where `/metrics` is served."""

    host: str = "127.0.0.1"
    port: int = 9877
