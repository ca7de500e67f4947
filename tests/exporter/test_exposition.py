"""What is written between scrapes, and when."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chains.bitshares.objects import Reading
from exporter.catalogue import all_metrics
from exporter.exposition import Exposition
from exporter.instruments import Instruments
from tests.support.chain import ForgedChain
from tests.support.lookups import hanging_lookups

from .seen import Seen, a_reading, seen_at

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


def whole(seen: Seen, form: str) -> bytes:
    return written(seen).text(form)[0]


@pytest.mark.parametrize("form", [PLAIN, OPENMETRICS])
async def test_what_is_kept_of_a_text_is_what_would_be_written_anew(form: str) -> None:
    """Over lost and found nodes, blocks, misses and odd words, of which each changes some lines."""
    chain = a_chain()
    seen = seen_at(chain)
    exposition = written(seen)
    exposition.text(form)
    for odd in ("", 'a "quoted"\nline', "back\\slash\rreturn", ""):
        chain.run(3, dead=[chain.active[1]])
        fresh = seen_at(chain)
        seen.follower, seen.nodes, seen.producers = fresh.follower, fresh.nodes, fresh.producers
        for lost in ((), ("us",), ("us", "eu", "home"), ()):
            seen.nodes = fresh.nodes
            seen.lose(*lost)
            seen.show("home", with_url(chain, odd))
            await exposition.refresh()
            assert ours(exposition.text(form)[0]) == ours(whole(seen, form))


def with_url(chain: ForgedChain, url: str) -> Reading:
    shown = a_reading(chain)
    witness = replace(shown.witnesses["init0"], url=url)
    return replace(shown, witnesses={**shown.witnesses, "init0": witness}, head_number=10**6)


def ours(text: bytes) -> list[bytes]:
    return [line for line in text.splitlines(keepends=True) if b"bitshares_" in line] + [text[-8:]]


def test_whoever_asks_for_any_number_of_forms_has_a_few_of_them_written() -> None:
    exposition = written(seen_at(a_chain()))
    types = {
        exposition.text(f"application/openmetrics-text; version=1.0.{minor}")[1]
        for minor in range(50)
    }
    assert len(types) <= 9
    assert exposition.text(PLAIN)[0].startswith(b"# HELP")
