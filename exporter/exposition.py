"""What `/metrics` says, written by prometheus_client between scrapes and not during them.

For 100 witnesses with three hosts each over ten nodes prometheus_client takes some 12 ms for the
text and 23 ms for OpenMetrics. So that no scrape waits for it and no block is held up by it, it is
written in a thread whenever something has changed, and a scrape gets what is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from exporter.observed import Observed, ObservedPeers, ObservedVotes
from exporter.peers import shape_peers
from exporter.shape import Family, shape
from serving.apart import apart

_OLDEST = 1.0
"""Seconds after which everything is written anew even if nothing changed: time passes, too."""

_FAMILIES = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}

Encode = Callable[[CollectorRegistry], bytes]


class Exposition:
    """The newest text in each form (its content type) that was asked for so far.

    `clock` gives seconds since the epoch. `registry` holds what is measured as it happens.
    """

    def __init__(
        self,
        seen: Observed,
        registry: CollectorRegistry,
        clock: Callable[[], float],
        peers: ObservedPeers | None = None,
        votes: ObservedVotes | None = None,
    ) -> None:
        self._seen = seen
        self._votes = votes
        self._peers = peers
        self._registry = registry
        self._clock = clock
        self._shaped = _Shaped()
        self._encoders: dict[str, Encode] = {}
        self._texts: dict[str, bytes] = {}
        registry.register(self._shaped)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return the newest text in the form that an Accept header asks for, and its type."""
        encode, content_type = choose_encoder(accept)
        if content_type not in self._texts:
            self._encoders[content_type] = encode
            self._shape()
            self._texts[content_type] = encode(self._registry)
        return self._texts[content_type], content_type

    async def refresh(self) -> None:
        """Write everything anew."""
        self._shape()
        for content_type, encode in list(self._encoders.items()):
            self._texts[content_type] = await apart(encode, self._registry)

    def _shape(self) -> None:
        of_peers = shape_peers(self._peers.views) if self._peers else []
        ranking = self._votes.ranking if self._votes else None
        self._shaped.families = shape(self._seen, self._clock(), ranking) + of_peers

    async def keep_fresh(self, changed: Callable[[int], Awaitable[int]]) -> None:
        """Write everything anew at every change (see `Watch.changed`) and every second."""
        sequence = 0
        while True:
            try:
                async with asyncio.timeout(_OLDEST):
                    sequence = await changed(sequence)
            except TimeoutError:
                pass  # nothing changed but the time
            await self.refresh()


class _Shaped(Collector):
    """Families in the form that prometheus_client takes them in."""

    families: Sequence[Family] = ()

    def collect(self) -> Iterator[Metric]:
        for family in self.families:
            metric = family.metric
            built = _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)
            for labels, value in family.samples:
                built.add_metric(labels, value)
            yield built
