"""What `/metrics` says in whole, against files that a person has read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from chains.bitshares.ranking import Ranking
from chains.standing import Divergence, Verdict
from exporter.exposition import Exposition
from exporter.observed import Observed
from exporter.shape import STALE_AFTER
from tests.support.chain import ForgedChain

from .seen import (
    BETA,
    BETA_KEY,
    INIT0,
    INIT1,
    Seen,
    a_reading,
    live,
    nothing_seen,
    seen_at,
)

Golden = Callable[[str, str], None]


@pytest.fixture
def chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(140)
    chain.run(14, dead=[INIT0])
    return chain


class Votes:
    """After a count that put a witness before init0 who isn't voted in any more."""

    ranking = Ranking(0, (("1.6.9", 4_000_000), (INIT0, 3_000_000), (INIT1, 2_000_000)))


def exposition(seen: Observed, now: float) -> str:
    text, _ = Exposition(seen, CollectorRegistry(), lambda: now, votes=Votes()).text("")
    return text.decode()


def healthy(chain: ForgedChain) -> Seen:
    seen = seen_at(chain)
    seen.missed_totals = {(INIT0, seen.settings.witnesses[0].producers[0].signing_key): 2}
    return seen


def test_all_nodes_and_producers_are_up(chain: ForgedChain, golden: Golden) -> None:
    golden("healthy", exposition(healthy(chain), chain.time + 1))


def test_before_any_node_has_answered(golden: Golden) -> None:
    golden("start", exposition(nothing_seen(), 1_800_000_000))


def test_one_node_and_the_producing_host_are_lost(chain: ForgedChain, golden: Golden) -> None:
    seen = healthy(chain)
    seen.lose("us")
    seen.lose_producer("alpha")
    golden("lost", exposition(seen, chain.time + 1))


def test_all_nodes_are_lost(chain: ForgedChain, golden: Golden) -> None:
    seen = healthy(chain)
    seen.lose("eu", "us", "home")
    golden("all-lost", exposition(seen, chain.time + STALE_AFTER + 1))


def test_a_rotation_with_a_fork_and_a_key_from_outside_the_ring(
    chain: ForgedChain, golden: Golden
) -> None:
    fork = chain.copy()
    chain.produce(updates={INIT0: BETA, INIT1: BETA})
    fork.produce(salt="fork")
    chain.run(3)
    seen = healthy(chain)
    seen.missed_totals = {**seen.missed_totals, (INIT1, BETA_KEY): 1}
    seen.double_productions = {INIT1: 1}
    astray = live("us", seen.nodes[1].url, a_reading(fork), Verdict.FORKED)
    astray = replace(astray, common=154, divergence=Divergence(154, 1))
    seen.nodes = [seen.nodes[0], astray, seen.nodes[2]]
    seen.judge_producer("alpha", Verdict.FORKED)
    golden("rotated", exposition(seen, chain.time + 1))
