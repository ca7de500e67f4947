"""A Prometheus asked as Grafana asks it when somebody opens a dashboard."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from .boards import Asked

_LABEL_VALUES = re.compile(r"label_values\((\w+), (\w+)\)")
_LABEL = re.compile(r"\{\{(\w+)\}\}")

STEP = 5
"""Seconds that a point of a graph stands for: the devnet's times are short."""


Series = tuple[Mapping[str, str], Sequence[float], Sequence[float]]
"""Labels, times and figures."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The series that a query has returned, each by its labels, or why there are none."""

    asked: Asked
    expr: str
    error: str = ""
    series: Sequence[Series] = ()

    def names(self) -> list[str]:
        """Return what the series are called."""
        return [self._name(labels) for labels, *_ in self.series]

    def _name(self, labels: Mapping[str, str]) -> str:
        return _LABEL.sub(lambda match: labels.get(match[1], ""), self.asked.legend)

    def newest(self) -> dict[str, float]:
        """Return the figure that each series ends with, of those that go on to the end."""
        latest = max((times[-1] for _, times, _ in self.series), default=0.0)
        return {
            self._name(labels): values[-1]
            for labels, times, values in self.series
            if times[-1] == latest
        }

    def has_data(self) -> bool:
        """Tell whether there is a figure at all."""
        return any(not math.isnan(value) for *_, values in self.series for value in values)


@dataclass
class Dashboard:
    """A dashboard that is open on what happened between two times (epoch seconds)."""

    client: httpx.AsyncClient
    begin: float
    end: float
    chosen: dict[str, str] = field(default_factory=dict)

    async def choose_all(self, variables: Sequence[Any]) -> dict[str, list[str]]:
        """Run the queries of the variables, choose all that they offer, and return it."""
        offered = {}
        for variable in variables:
            if variable["type"] == "query":
                match = _LABEL_VALUES.fullmatch(variable["query"]["query"])
                assert match, variable
                offered[variable["name"]] = found = await self._values(match[1], match[2])
                self.chosen[variable["name"]] = f"({'|'.join(map(re.escape, found))})"
        return offered

    async def ask(self, asked: Asked) -> Answer:
        """Run a query over the whole time."""
        filled = {
            "$__interval": f"{STEP}s",
            "$__rate_interval": f"{2 * STEP}s",
            **{f"${name}": value for name, value in self.chosen.items()},
        }
        expr = asked.expr
        for name, value in filled.items():
            expr = expr.replace(name, value)
        begin = self.end - (self.end - self.begin) // STEP * STEP
        asking = {"query": expr, "start": begin, "end": self.end, "step": STEP}
        answer = (await self.client.post("/api/v1/query_range", data=asking)).json()
        if answer["status"] != "success" or answer.get("warnings"):
            return Answer(asked, expr, error=str(answer.get("error") or answer["warnings"]))
        series = [
            (
                each["metric"],
                [time for time, _ in each["values"]],
                [float(value) for _, value in each["values"]],
            )
            for each in answer["data"]["result"]
        ]
        return Answer(asked, expr, series=series)

    async def _values(self, metric: str, label: str) -> list[str]:
        asking = {"match[]": metric, "start": str(self.begin), "end": str(self.end)}
        answer = await self.client.get(f"/api/v1/label/{label}/values", params=asking)
        values: list[str] = answer.json()["data"]
        return values
