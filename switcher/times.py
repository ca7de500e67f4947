"""Times as people read them. Pure: all come in as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def clock_time(time: float) -> str:
    """Return a time within minutes of now as people read it: "12:00:01 UTC"."""
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S} UTC"


def date_and_time(time: float) -> str:
    """Return a time that may be on another day: "2026-11-21 12:00:01 UTC"."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
