"""What `/metrics` says, written by prometheus_client between scrapes and not during them.

For 100 witnesses with three hosts each over ten nodes prometheus_client takes some 12 ms for the
text and 23 ms for OpenMetrics. So that no scrape waits for it and no block is held up by it, what
has changed (see `form`) is written in a thread whenever something has, and a scrape gets what is
written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from exporter.form import Form
from exporter.observed import Observed, ObservedPeers, ObservedVotes
from exporter.peers import shape_peers
from exporter.shape import Family, shape
from serving.apart import apart

_OLDEST = 1.0
"""Seconds after which everything is written anew even if nothing changed: time passes, too."""

_MOST_FORMS = 8
"""Forms that are written; Prometheus asks for one or two, and a caller could ask for any number."""


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
        self._forms: dict[str, Form] = {}
        self._texts: dict[str, bytes] = {}

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return the newest text in the form that an Accept header asks for, and its type.

        Once many forms were asked for, any other one is answered with the plain one.
        """
        encode, content_type = choose_encoder(accept)
        if content_type not in self._texts and len(self._texts) >= _MOST_FORMS:
            encode, content_type = choose_encoder("")
        if content_type not in self._texts:
            form = self._forms[content_type] = Form(encode)
            self._texts[content_type] = form.text(self._registry, self._shape())
        return self._texts[content_type], content_type

    async def refresh(self) -> None:
        """Write everything anew."""
        families = self._shape()
        for content_type, form in list(self._forms.items()):
            self._texts[content_type] = await apart(form.text, self._registry, families)

    def _shape(self) -> list[Family]:
        of_peers = shape_peers(self._peers.views) if self._peers else []
        ranking = self._votes.ranking if self._votes else None
        return shape(self._seen, self._clock(), ranking) + of_peers

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
