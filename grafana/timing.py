"""Panels of the dashboard Switcher about how long things took."""

from __future__ import annotations

from grafana.frame import Row
from grafana.panels import COUNT, NOT_RECORDED, SECONDS, About, Colours, bars, dots, gauges
from grafana.queries import SHARE, Query, grown, most, now
from grafana.words import FINE, steps, without_events

DURATION = "stage:understudy_stage_duration_seconds"
"""The beginning of what is recorded about the steps of rotations."""


def times() -> Row:
    """Return how long rotations took, and what held alerts up."""
    took = "understudy_stage_duration_seconds"
    each = f"{_since(f'{took}_sum')} / ({_since(f'{took}_count')} > 0)"
    return Row.of(
        8,
        dots(
            About(
                "Time of each rotation",
                "How long each step of a rotation took, when it was made.",
                "RotationFailed",
                SECONDS,
                empty="no rotation in this time",
            ),
            Query(most("stage", each), "{{stage}}"),
        ),
        gauges(
            About(
                "Time of the steps",
                "Of seven days: half of the rotations took less than the first, 95 of 100 less "
                "than the second, as exactly as the histogram tells.",
                "RotationFailed",
                SECONDS,
                empty=NOT_RECORDED,
            ),
            now(most("stage", f"{DURATION}:p50_7d"), "{{stage}}: half"),
            now(most("stage", f"{DURATION}:p95_7d"), "{{stage}}: 95 of 100"),
            colours=Colours([without_events("no rotation in 7 days")], steps(FINE)),
        ),
        bars(
            About(
                "Alerts that were not written down",
                "Answered with an error because the journal could not be written, so that "
                "Alertmanager sends them again.",
                "NobodyActs",
                COUNT,
                empty="no switcher is seen",
                decimals=0,
            ),
            Query(
                grown("instance", 'understudy_alerts_received_total{result="not_written"}'),
                "{{instance}}",
            ),
        ),
    )


def _since(counter: str) -> str:
    return f"({counter} - {counter} offset {SHARE})"
