"""The rules that are shipped, as far as dashboards follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parents[1] / "alertmanager" / "rules"
_COMPARED = re.compile(r"[<>]=?\s*(\d+)(?!\d|\.|\s*\*)")


@cache
def files() -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the alerts of each file of rules."""
    return {path.name: list(_alerts(path)) for path in sorted(_FOLDER.glob("*.yml"))}


def limit_of(alert: str) -> int:
    """Return the figure that an alert's rule compares with first.

    Raises:
        LookupError: there is no such alert, or no such figure in its rule.
    """
    for alerts in files().values():
        for rule in alerts:
            if rule["alert"] == alert and (found := _COMPARED.search(rule["expr"])):
                return int(found[1])
    raise LookupError(f"No rule of {alert} compares with a figure.")


def _alerts(path: Path) -> Iterator[Mapping[str, Any]]:
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
        yield from (rule for rule in group["rules"] if "alert" in rule)
