"""Our quick writer of the exposition against prometheus_client's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from exporter.catalogue import NODE_RPC_DURATION, all_metrics
from exporter.durations import BUCKETS, CallDurations
from exporter.exposition import Family, render
from exporter.shape import shape
from tests.support.chain import ForgedChain

from .seen import INIT0, seen_at

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class AsCollector(Collector):
    def __init__(self, families: list[Family]) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        kinds = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}
        for family in self.families:
            metric = family.metric
            built = kinds[metric.kind](metric.name, metric.help, labels=metric.labels)
            for values, value in family.samples:
                built.add_metric(values, value)
            yield built


def theirs(families: list[Family], accept: str) -> str:
    registry = CollectorRegistry()
    registry.register(AsCollector(families))
    encode, _ = choose_encoder(accept)
    return encode(registry).decode()


@pytest.fixture
def families() -> list[Family]:
    chain = ForgedChain()
    chain.run(140)
    chain.run(20, dead=[INIT0])
    return shape(seen_at(chain), chain.time + 1)


def test_the_text_is_what_prometheus_client_writes(families: list[Family]) -> None:
    assert render(families, openmetrics=False) == theirs(families, "text/plain; version=0.0.4")


def test_the_openmetrics_text_is_what_prometheus_client_writes(families: list[Family]) -> None:
    ours = render(families, openmetrics=True) + "# EOF\n"
    assert ours == theirs(families, OPENMETRICS)


@pytest.mark.parametrize("value", ['quo"te', "back\\slash", "line\nfeed", "Привет", "", "\\n"])
def test_label_values_are_escaped_as_prometheus_client_does(value: str) -> None:
    info = next(m for m in all_metrics() if m.name == "bitshares_witness_info")
    families = [Family(info, [(("init0", "1.6.1", "BTSa", "alpha", value), 1)])]
    assert render(families, openmetrics=False) == theirs(families, "")
    assert render(families, openmetrics=True) + "# EOF\n" == theirs(families, OPENMETRICS)


@pytest.mark.parametrize("value", [0, 1, 0.5, 1e6, 1234567, 1.8e9 + 0.25, 1e21, 1e-7, -3])
def test_numbers_are_written_as_prometheus_client_does(value: float) -> None:
    active = next(m for m in all_metrics() if m.name == "bitshares_chain_active_witnesses")
    families = [Family(active, [((), value)])]
    assert render(families, openmetrics=False) == theirs(families, "")


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_durations_are_counted_and_written_as_prometheus_client_does(accept: str) -> None:
    seconds = [0.0001, 0.005, 0.0050001, 0.3, 1, 4.9, 5.0, 60.0]
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    theirs = Histogram(
        NODE_RPC_DURATION.name, NODE_RPC_DURATION.help, ["node"], buckets=BUCKETS, registry=registry
    )
    ours = CallDurations(["eu", "us"])
    for node in ("eu", "us"):
        theirs.labels(node)
    for value in seconds:
        theirs.labels("us").observe(value)
        ours.observe("us", value)
    encode, _ = choose_encoder(accept)
    assert ours.render() + ("# EOF\n" if accept else "") == encode(registry).decode()


def test_each_metric_is_named_once() -> None:
    names = [metric.name for metric in all_metrics()]
    assert len(names) == len(set(names))
