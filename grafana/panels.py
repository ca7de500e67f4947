"""The kinds of panels that the dashboards are made of.

Each takes what it is about, its queries, and how its figures are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode

from grafana.queries import Query
from grafana.words import FINE, QUIET, UNKNOWN, State, mapped, steps, without_figure

SOURCE = dashboard.DataSourceRef("prometheus", "${datasource}")
RUNBOOKS = "docs/runbooks"
"""Where runbooks are, within the project."""

BLOCKS = "suffix: blocks"
COUNT = "short"
NONE = "none"
SECONDS = "s"
SHARE = "percentunit"
WHEN = "dateTimeFromNow"

NOT_RECORDED = "not known: is rules/dashboards.yml loaded?"
"""What a panel says that shows recorded figures only."""

_FIGURES = ("stat", "bargauge")
"""Kinds of panels that show a figure, or say that there is none."""

_STEPPED = looks.LineInterpolation.STEP_AFTER


@dataclass(frozen=True, slots=True)
class About:
    """What a panel is about: title, description in a sentence or two, and the alert whose runbook
    tells more. `unit` is Grafana's name of one; without a figure it says `empty`.
    """

    title: str
    description: str
    runbook: str
    unit: str
    empty: str = UNKNOWN
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Colours:
    """How figures are shown: words for some of them, colours by thresholds."""

    words: Sequence[dashboard.ValueMapping] = ()
    thresholds: dashboard.ThresholdsConfig | None = None


PLAIN = Colours(thresholds=steps(FINE))


def tile(about: About, query: Query, colours: Colours = PLAIN) -> dashboard.Panel:
    """Return the newest figure of each series as a tile whose ground has its colour."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .color_mode(looks.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .text_mode(looks.BigValueTextMode.VALUE_AND_NAME)
        .justify_mode(looks.BigValueJustifyMode.CENTER)
        .orientation(looks.VizOrientation.HORIZONTAL)
    )
    return _finished(panel.build(), about, (query,), colours, dashboard.FieldColorModeId.THRESHOLDS)


def timeline(about: About, query: Query, states: Iterable[State]) -> dashboard.Panel:
    """Return a band for each series that says which state it was in; a gap where nobody knew."""
    panel = (
        statetimeline.Panel()
        .merge_values(True)
        .show_value(looks.VisibilityMode.AUTO)
        .align_value(looks.TimelineValueAlignment.LEFT)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(90)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .calcs([])
        )
    )
    shown = Colours(mapped(*states))
    return _finished(panel.build(), about, (query,), shown, dashboard.FieldColorModeId.THRESHOLDS)


def lines(
    about: About,
    *queries: Query,
    limits: dashboard.ThresholdsConfig | None = None,
    least: float | None = None,
    most: float | None = None,
    stepped: bool = False,
) -> dashboard.Panel:
    """Return a graph; `limits` are drawn as dashed lines, gaps stay gaps."""
    panel = _graph().fill_opacity(0).line_width(2)
    if stepped:
        panel = panel.line_interpolation(_STEPPED)
    if limits:
        dashed = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(dashed)
    if least is not None:
        panel = panel.min(least)
    if most is not None:
        panel = panel.max(most)
    return _finished(panel.build(), about, queries, Colours(thresholds=limits))


def bars(about: About, *queries: Query) -> dashboard.Panel:
    """Return a graph of how many events there were, stacked."""
    panel = (
        _graph()
        .draw_style(looks.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
        .min(0)
    )
    return _finished(panel.build(), about, queries, Colours(), interval="15s")


def dots(about: About, query: Query) -> dashboard.Panel:
    """Return a graph of what was measured now and then."""
    panel = _graph().draw_style(looks.GraphDrawStyle.POINTS).point_size(8).min(0)
    return _finished(panel.build(), about, (query,), Colours(), interval="15s")


def gauges(
    about: About, *queries: Query, colours: Colours = PLAIN, most: float | None = None
) -> dashboard.Panel:
    """Return a bar for the newest figure of each series."""
    panel = (
        bargauge.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .value_mode(looks.BarGaugeValueMode.TEXT)
        .orientation(looks.VizOrientation.HORIZONTAL)
        .show_unfilled(True)
        .min(0)
    )
    if most is not None:
        panel = panel.max(most)
    return _finished(panel.build(), about, queries, colours, dashboard.FieldColorModeId.THRESHOLDS)


def heat(about: About, query: Query, *, interval: str) -> dashboard.Panel:
    """Return a row of cells for each series, darker for more; 0 is drawn, what is missing isn't."""
    panel = (
        heatmap.Panel()
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .reverse(False)
            .steps(16)
            .min(0)
        )
        .filter_values(heatmap.FilterValueRange().le(-1))
        .rows_frame(heatmap.RowsHeatmapOptions().layout(looks.HeatmapCellLayout.AUTO))
        .show_legend()
        .cell_gap(1)
        .cell_values(heatmap.CellValues().unit(about.unit).decimals(0))
        .scale_distribution(common.ScaleDistributionConfig().type(looks.ScaleDistribution.LINEAR))
        .y_axis(heatmap.YAxisConfig().axis_placement(looks.AxisPlacement.LEFT))
    )
    return _finished(panel.build(), about, (query,), Colours(), interval=interval)


def _graph() -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .calcs([])
    )
    tooltip = common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI)
    tooltip = tooltip.sort(looks.SortOrder.DESCENDING)
    return timeseries.Panel().legend(legend).tooltip(tooltip).span_nulls(False)


def _finished(
    panel: dashboard.Panel,
    about: About,
    queries: Iterable[Query],
    colours: Colours,
    mode: dashboard.FieldColorModeId = dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME,
    *,
    interval: str | None = None,
) -> dashboard.Panel:
    panel.title = about.title
    panel.description = f"{about.description}\n\nRunbook: {RUNBOOKS}/{about.runbook}.md"
    panel.links = [_runbook(about.runbook)]
    panel.datasource = SOURCE
    panel.interval = interval
    panel.targets = [_target(query, chr(ord("A") + index)) for index, query in enumerate(queries)]
    panel.field_config = panel.field_config or dashboard.FieldConfigSource()
    shown = panel.field_config.defaults
    shown.unit = about.unit
    shown.no_value = about.empty
    shown.decimals = about.decimals
    shown.mappings = list(colours.words)
    if panel.type_val in _FIGURES:
        shown.mappings.append(without_figure(about.empty))
    shown.thresholds = colours.thresholds or steps(QUIET)
    shown.color = dashboard.FieldColor(mode)
    return panel


def _runbook(alert: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(
        title=f"Runbook: {alert}",
        type_val=dashboard.DashboardLinkType.LINK,
        url=f"${{runbooks:raw}}/{alert}.md",
        target_blank=True,
    )


def _target(query: Query, name: str) -> Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(name)
    target = target.instant() if query.instant else target.range()
    return target.datasource(SOURCE).build()
