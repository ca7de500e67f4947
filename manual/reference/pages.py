"""Which pages of reference there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from manual.reference import alerts, commands, configuration, http, metrics, words

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "alerts.md": alerts.page,
    "commands.md": commands.page,
    "configuration.md": configuration.page,
    "decisions-and-outcomes.md": words.page,
    "http-api.md": http.page,
    "metrics.md": metrics.page,
}
"""What writes each page of `FOLDER`."""
