"""Times as people read them. Pure: all come in as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime

LONG_SINCE = "since before the first block that was read"
"""Of a term whose beginning is not known."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def clock_time(time: float) -> str:
    """Return a time within minutes of now as people read it: "12:00:01 UTC"."""
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S} UTC"


def date_and_time(time: float) -> str:
    """Return a time that may be on another day: "2026-11-21 12:00:01 UTC"."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def lasting(seconds: float) -> str:
    """Return how long something lasts: "5 s", "3 min", "2 d"."""
    for length, word in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {word}"
    return f"{max(0.0, seconds):.0f} s"


def ago(seconds: float) -> str:
    """Return how long something is ago: "5 s ago", "3 min ago", "2 d ago"."""
    return f"{lasting(seconds)} ago"
