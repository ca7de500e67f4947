"""What all dashboards have in common: data source, links, annotations, the places of panels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Self

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from grafana.panels import RUNBOOKS, SOURCE
from grafana.queries import labels_of

TAG = "understudy"
WIDTH = 24
"""Columns of Grafana's grid."""

_EVENT_STEP = "15s"


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable: its name, what it is called, and the metric and label that its values are of."""

    name: str
    title: str
    metric: str
    label: str


@dataclass(frozen=True, slots=True)
class Event:
    """What is marked in the graphs while a query is above 0; `text` has labels in `{{…}}`."""

    name: str
    expr: str
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other that share the width, and how high they are."""

    height: int
    panels: Sequence[dashboard.Panel]

    @classmethod
    def of(cls, height: int, *panels: dashboard.Panel) -> Self:
        """Return a row of these panels, whose number divides the width."""
        assert WIDTH % len(panels) == 0
        return cls(height, panels)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows under a headline."""

    headline: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard. `name` is that of its file and ends its uid."""

    name: str
    title: str
    description: str
    choices: Sequence[Choice]
    events: Sequence[Event]
    parts: Sequence[Part]


class _Annotation(dashboard.AnnotationQuery):
    """An annotation from Prometheus, whose settings the library lacks.

    Up to Grafana 11 the query stands beside the name, from 12 on in `target`; each version leaves
    the other alone.
    """

    def __init__(self, event: Event) -> None:
        super().__init__(
            name=event.name,
            datasource=SOURCE,
            icon_color=event.colour,
            expr=event.expr,
        )
        self._text = event.text

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {
            "step": _EVENT_STEP,
            "target": {
                "expr": self.expr,
                "interval": _EVENT_STEP,
                "range": True,
                "refId": "Anno",
            },
            "textFormat": self._text,
            "titleFormat": self.name,
        }


def written(board: Board, runbooks: str = RUNBOOKS) -> str:
    """Return the JSON of a dashboard, the same each time; `runbooks` is where runbooks are."""
    made = _made(board, runbooks)
    return json.dumps(made, cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def _made(board: Board, runbooks: str) -> dashboard.Dashboard:
    others = (
        build.DashboardLink("Understudy")
        .type(dashboard.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
    )
    made = (
        build.Dashboard(f"Understudy / {board.title}")
        .uid(f"understudy-{board.name}")
        .description(board.description)
        .tags([TAG])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("5s")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .version(1)
        .link(others)
    ).build()
    made.templating.list_val = [_source(), *map(_choice, board.choices), _runbooks(runbooks)]
    made.annotations.list_val = [_Annotation(event) for event in board.events]
    made.panels = list(_placed(board.parts))
    return made


def _source() -> dashboard.VariableModel:
    return build.DatasourceVariable("datasource").label("Data source").type("prometheus").build()


def _choice(choice: Choice) -> dashboard.VariableModel:
    everything = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        build.QueryVariable(choice.name)
        .label(choice.title)
        .datasource(SOURCE)
        .query(dict(labels_of(choice.metric, choice.label)))
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.NATURAL_ASC)
        .multi(True)
        .include_all(True)
        .current(everything)
        .build()
    )


def _runbooks(place: str) -> dashboard.VariableModel:
    return (
        build.TextBoxVariable("runbooks")
        .label("Runbooks at")
        .description("Address of the folder docs/runbooks, to which the panels link.")
        .default_value(place)
        .current(dashboard.VariableOption(selected=True, text=place, value=place))
        .build()
    )


def _placed(parts: Iterable[Part]) -> Iterator[dashboard.Panel | dashboard.RowPanel]:
    """Yield headlines and panels with their places and numbers."""
    numbers, y = count(1), 0
    for part in parts:
        at = dashboard.GridPos(h=1, w=WIDTH, x=0, y=y)
        yield dashboard.RowPanel(title=part.headline, grid_pos=at, id_val=next(numbers))
        y += at.h
        for row in part.rows:
            width = WIDTH // len(row.panels)
            for index, panel in enumerate(row.panels):
                at = dashboard.GridPos(h=row.height, w=width, x=index * width, y=y)
                panel.id_val, panel.grid_pos = next(numbers), at
                yield panel
            y += row.height
