"""What is written between scrapes, and when."""

from __future__ import annotations

import asyncio

import pytest

from exporter.catalogue import all_metrics
from exporter.exposition import Exposition
from exporter.instruments import Instruments
from tests.support.chain import ForgedChain
from tests.support.lookups import hanging_lookups

from .seen import Seen, seen_at

PLAIN = ""
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Changes:
    """Stands for a watch that changes when it is told to."""

    def __init__(self) -> None:
        self.sequence = 0
        self._condition = asyncio.Condition()

    async def announce(self) -> None:
        async with self._condition:
            self.sequence += 1
            self._condition.notify_all()

    async def changed(self, seen: int) -> int:
        async with self._condition:
            await self._condition.wait_for(lambda: self.sequence > seen)
            return self.sequence


def written(seen: Seen) -> Exposition:
    nodes = [node.name for node in seen.nodes]
    return Exposition(seen, Instruments(nodes).registry, lambda: 1_800_000_200.0)


def a_chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(35)
    return chain


async def test_a_change_is_written_in_every_form_that_was_asked_for() -> None:
    seen, changes = seen_at(a_chain()), Changes()
    exposition = written(seen)
    forms = (PLAIN, OPENMETRICS)
    assert all(b'bitshares_node_up{node="us"} 1.0' in exposition.text(form)[0] for form in forms)
    writing = asyncio.create_task(exposition.keep_fresh(changes.changed))
    seen.lose("us")
    await changes.announce()
    async with asyncio.timeout(5):
        for form in forms:
            while b'bitshares_node_up{node="us"} 0.0' not in exposition.text(form)[0]:
                await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


async def test_time_passes_even_if_nothing_changes() -> None:
    seen = seen_at(a_chain())
    exposition = written(seen)
    exposition.text(PLAIN)
    writing = asyncio.create_task(exposition.keep_fresh(Changes().changed))
    seen.lose("us")
    async with asyncio.timeout(5):
        while b'bitshares_node_up{node="us"} 0.0' not in exposition.text(PLAIN)[0]:
            await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


def test_each_metric_is_named_once() -> None:
    names = [metric.name for metric in all_metrics()]
    assert len(names) == len(set(names))


async def test_changes_are_written_while_no_name_server_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = seen_at(a_chain())
    exposition = written(seen)
    exposition.text(PLAIN)
    seen.lose("us")
    async with hanging_lookups(monkeypatch), asyncio.timeout(5):
        await exposition.refresh()
    assert b'bitshares_node_up{node="us"} 0.0' in exposition.text(PLAIN)[0]
