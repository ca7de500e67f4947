"""The dashboards as they are committed, read as Grafana reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[2] / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))

_QUOTED = re.compile(r'"[^"]*"')
_LABEL_LIST = re.compile(r"\b(?:by|on|group_left|group_right)\s*\([^()]*\)")
_METRIC = re.compile(r"\b(?:(?:bitshares|understudy|peer_chain)_\w+|\w+(?::\w+)+|ALERTS)\b")
_WORD = re.compile(r"(\w+)\s*$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a dashboard: where it stands, its text, and what its series are called."""

    where: str
    expr: str
    legend: str


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def panels(board: Any) -> list[Any]:
    """Return the panels of a dashboard without its headlines."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: Any) -> Iterator[Asked]:
    """Yield the queries of all panels and annotations."""
    for panel in panels(board):
        for target in panel["targets"]:
            where = f"{board['title']}, {panel['title']}, {target['refId']}"
            yield Asked(where, target["expr"], target["legendFormat"])
    for event in board["annotations"]["list"]:
        where = f"{board['title']}, annotation {event['name']}"
        yield Asked(where, event["expr"], event["textFormat"])


def metrics(expr: str) -> set[str]:
    """Return the names of the metrics in a query."""
    return set(_METRIC.findall(_plain(expr)))


def gathered_by(expr: str) -> list[tuple[str, str]]:
    """Return each metric in a query with the innermost aggregation around it, "" without one."""
    text = _plain(expr)
    found = []
    for match in _METRIC.finditer(text):
        around = [word for word in _around(text, match.start()) if word in _AGGREGATIONS]
        found.append((match[0], around[-1] if around else ""))
    return found


_AGGREGATIONS = {"sum", "min", "max", "avg", "count", "group", "stddev", "topk", "quantile"}


def _around(text: str, place: int) -> list[str]:
    """Return the words before the brackets that are open at a place, the outermost first."""
    opened: list[str] = []
    for index, character in enumerate(text[:place]):
        if character == "(":
            word = _WORD.search(text[:index])
            opened.append(word[1] if word else "")
        elif character == ")":
            opened.pop()
    return opened


def _plain(expr: str) -> str:
    """Return a query without what stands in quotes, and without lists of labels."""
    return _LABEL_LIST.sub("", _QUOTED.sub('""', expr))
