"""Every metric of exporter and switcher, and every series that the rules record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import Metric as Family

from exporter import catalogue
from manual.reference.markdown import code, document, prose, table
from manual.reference.rules import groups
from switcher.metrics import Metrics
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.status import Kept

_INTRODUCTION = """\
Timestamps instead of ages, base units, and amounts in whole core tokens. Counters with labels
exist at 0 from the start. What the words in the labels `decision`, `outcome` and `state` mean
is in [decisions and outcomes](decisions-and-outcomes.md). Both programs also tell what their
process takes (`process_…`) and which Python runs it (`python_info`)."""

_RECORDED = """\
By the rules in [alertmanager](../../alertmanager/README.md): what more than one rule or panel asks
for."""

_HEAD = ("metric", "type", "labels", "what it is")
_OF_PROCESS = ("process_", "python_")
_OF_HISTOGRAM = {"le"}
_EXPLAINED = {"decision", "outcome"}


def page() -> str:
    """Return the page of metrics."""
    return document(
        "Metrics",
        _INTRODUCTION,
        "## Exporter",
        table(_HEAD, _of_exporter()),
        "## Switcher",
        table(_HEAD, _of_switcher()),
        "## Recorded series",
        _RECORDED,
        table(("series", "expression"), _recorded()),
    )


def _of_exporter() -> Iterator[tuple[str, ...]]:
    for each in vars(catalogue).values():
        if isinstance(each, catalogue.Metric):
            yield code(each.name), each.kind, _labels(each.labels), prose(each.help)


def _of_switcher() -> Iterator[tuple[str, ...]]:
    """Yield what a switcher with one of everything tells when it starts."""
    metrics = Metrics({"": [""]}, lambda: 0.0)
    replica = cast("Kept", SimpleNamespace(trouble="", resolution=None))
    ResolveMetrics(metrics.registry, metrics.count_decision, (), replica)
    for family in metrics.registry.collect():
        if not family.name.startswith(_OF_PROCESS):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield code(name), family.type, _labelled(family), prose(family.documentation)


def _labelled(family: Family) -> str:
    """Return the labels of a metric, with their values where these are words of its own."""
    values: dict[str, dict[str, None]] = {}
    for sample in family.samples:
        for label, value in sample.labels.items():
            values.setdefault(label, {})[value] = None
    return ", ".join(
        f"`{label}` ({_labels(told)})"
        if len(told) > 1 and "" not in told and label not in _EXPLAINED
        else code(label)
        for label, told in values.items()
        if label not in _OF_HISTOGRAM
    )


def _labels(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def _recorded() -> Iterator[tuple[str, str]]:
    rules: Iterator[dict[str, Any]] = (rule for group in groups() for rule in group["rules"])
    for rule in rules:
        if "record" in rule:
            yield code(rule["record"]), code(" ".join(rule["expr"].split()))
