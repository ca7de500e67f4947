"""One form of the text: written by prometheus_client, but no line of it twice. Pure.

A thousand witnesses are some 20,000 lines, of which a block changes some hundred. prometheus_client
writes those; the others are kept as it wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from exporter.shape import Family

Encode = Callable[[Collector], bytes]
"""Writes what a collector collects, with an end behind it where the form has one."""

_FAMILIES = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


class Form:
    """Writes the text again and again, as `encode` would write all of it."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._end = encode(CollectorRegistry())
        self._written: dict[str, _Written] = {}

    def text(self, registry: Collector, families: Sequence[Family]) -> bytes:
        """Return the text of what a registry collects, and of families with their samples."""
        parts = [self._encode(registry).removesuffix(self._end)]
        for family in families:
            written = self._written.setdefault(family.metric.name, _Written())
            parts.append(written.text(family, self._lines))
        return b"".join((*parts, self._end))

    def _lines(self, family: Family) -> list[bytes]:
        text = self._encode(_One(family)).removesuffix(self._end)
        return text.removesuffix(b"\n").split(b"\n")


class _Written:
    """A family as it was written last: its head, and the line of each sample with its value."""

    def __init__(self) -> None:
        self._head: list[bytes] | None = None
        self._lines: dict[tuple[str, ...], tuple[float, bytes]] = {}

    def text(self, family: Family, write: Callable[[Family], list[bytes]]) -> bytes:
        """Return the family's text; `write` returns the lines of one, those of samples last."""
        kept = self._lines
        new = [
            (labels, value)
            for labels, value in family.samples
            if labels not in kept or kept[labels][0] != value
        ]
        if new or self._head is None:
            lines = write(Family(family.metric, new))
            self._head = lines[: len(lines) - len(new)]
            fresh = zip(new, lines[len(self._head) :], strict=True)
            kept = kept | {labels: (value, line) for (labels, value), line in fresh}
        self._lines = {labels: kept[labels] for labels, _ in family.samples}
        return b"\n".join((*self._head, *(line for _, line in self._lines.values()), b""))


class _One(Collector):
    """A family in the form that prometheus_client takes it in."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        metric = self._family.metric
        built = _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)
        for labels, value in self._family.samples:
            built.add_metric(labels, value)
        yield built
