"""What the figures say when nodes, hosts and keys come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.followed import PROVISIONAL_AFTER
from chains.bitshares.objects import Reading
from chains.standing import Divergence, Verdict
from exporter.observed import Observed
from exporter.shape import STALE_AFTER, shape
from tests.support.chain import ForgedChain

from .samples import samples
from .seen import (
    ALPHA,
    ALPHA_KEY,
    BETA,
    BETA_KEY,
    INIT0,
    SETTINGS,
    SyncedExporter,
    a_reading,
    nothing_seen,
    seen_at,
)

RECENT = "bitshares_witness_recent_missed_blocks"
PENDING = "bitshares_witness_pending_key"
ON_AIR = "bitshares_producer_signing"
ON_CHAIN = "bitshares_producer_canonical"
ALPHA_LABELS = ("init0", "alpha", ALPHA_KEY)
BETA_LABELS = ("init0", "beta", BETA_KEY)
MINORITY = [INIT0, "1.6.6", "1.6.7"]
"""With these three of seven dead, no further block becomes irreversible."""


@pytest.fixture
def chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(35)
    return chain


def metrics_with_samples(families: list[object]) -> set[str]:
    return {f.metric.name for f in families if f.samples}  # type: ignore[attr-defined]


def test_a_lost_node_is_down_and_its_figures_are_gone(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    seen.lose("us")
    now = chain.time + 1
    assert samples(seen, now, "bitshares_node_up") == {("eu",): 1, ("us",): 0, ("home",): 1}
    assert samples(seen, now, "bitshares_node_canonical")[("us",)] == 0
    for name in ("head_block", "head_timestamp_seconds", "irreversible_block", "divergence_blocks"):
        assert set(samples(seen, now, f"bitshares_node_{name}")) == {("eu",), ("home",)}


def test_one_remaining_node_keeps_every_figure_of_the_chain(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    before = metrics_with_samples(shape(seen, chain.time + 1))  # type: ignore[arg-type]
    seen.lose("us", "home")
    much_later = chain.time + STALE_AFTER * 10  # the chain stands, and a node says so
    assert metrics_with_samples(shape(seen, much_later)) == before  # type: ignore[arg-type]


def test_when_all_nodes_are_lost_the_node_metrics_stay_and_stale_figures_go(
    chain: ForgedChain,
) -> None:
    seen = seen_at(chain)
    seen.lose("eu", "us", "home")
    now = chain.time + STALE_AFTER + 1
    assert samples(seen, now, "bitshares_node_up") == {("eu",): 0, ("us",): 0, ("home",): 0}
    assert metrics_with_samples(shape(seen, now)) == {  # type: ignore[arg-type]
        "bitshares_node_up",
        "bitshares_node_canonical",
        "bitshares_node_state",
        "bitshares_clock_offset_seconds",
        "bitshares_witness_missed_blocks_total",
        "bitshares_witness_double_production_total",
        "bitshares_producer_up",
        "bitshares_producer_head_block",
    }


def test_a_connection_that_is_back_within_seconds_leaves_no_gap_in_the_misses(
    chain: ForgedChain,
) -> None:
    chain.run(14, dead=[INIT0])
    seen = seen_at(chain)
    counted = samples(seen, chain.time, RECENT)
    assert counted[("init0", ALPHA_KEY)] >= 1
    seen.lose("eu", "us", "home")
    assert samples(seen, chain.time + STALE_AFTER, RECENT) == counted
    assert samples(seen, chain.time + STALE_AFTER + 1, RECENT) == {}


def test_a_node_that_is_behind_does_not_speak_for_the_witnesses(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    stale = replace(a_reading(chain), head_number=9_999, recently_missed=99)
    seen.show("eu", stale)
    seen.nodes = [replace(seen.nodes[0], verdict=Verdict.INVALID), *seen.nodes[1:]]
    now = chain.time + 1
    assert samples(seen, now, "bitshares_chain_recently_missed_blocks") == {(): 2}
    assert samples(seen, now, "bitshares_node_canonical")[("eu",)] == 0


def test_who_is_on_air_is_known_although_the_host_is_dead(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    seen.lose_producer("alpha")
    now = chain.time + 1
    assert samples(seen, now, "bitshares_producer_up") == {ALPHA_LABELS: 0, BETA_LABELS: 1}
    assert set(samples(seen, now, "bitshares_producer_head_block")) == {BETA_LABELS}
    on_air = samples(seen, now, ON_AIR)
    assert on_air[ALPHA_LABELS] == 1
    assert on_air[BETA_LABELS] == 0


def test_a_producer_without_an_endpoint_is_neither_up_nor_down(chain: ForgedChain) -> None:
    up = samples(seen_at(chain), chain.time, "bitshares_producer_up")
    assert {witness for witness, *_ in up} == {"init0"}


@pytest.mark.parametrize("verdict", [Verdict.BEHIND, Verdict.FORKED])
def test_a_host_that_is_up_but_behind_or_astray_is_told(
    chain: ForgedChain, verdict: Verdict
) -> None:
    seen = seen_at(chain)
    now = chain.time + 1
    assert samples(seen, now, ON_CHAIN) == {ALPHA_LABELS: 1, BETA_LABELS: 1}
    seen.judge_producer("alpha", verdict)
    assert samples(seen, now, ON_CHAIN) == {ALPHA_LABELS: 0, BETA_LABELS: 1}
    assert samples(seen, now, "bitshares_producer_up") == {ALPHA_LABELS: 1, BETA_LABELS: 1}


def test_a_host_that_is_down_is_on_no_chain(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    seen.lose_producer("alpha")
    assert samples(seen, chain.time + 1, ON_CHAIN) == {BETA_LABELS: 1}


def test_a_host_is_not_called_astray_while_there_is_nothing_to_compare_it_with(
    chain: ForgedChain,
) -> None:
    not_compared_yet = seen_at(chain)
    not_compared_yet.judge_producer("alpha", Verdict.UNSYNCED)
    assert samples(not_compared_yet, chain.time + 1, ON_CHAIN) == {BETA_LABELS: 1}
    all_nodes_lost = seen_at(chain)
    all_nodes_lost.lose("eu", "us", "home")
    all_nodes_lost.judge_producer("alpha", Verdict.FORKED)
    assert samples(all_nodes_lost, chain.time + 1, ON_CHAIN) == {}


def test_counters_are_there_before_any_node_has_answered() -> None:
    seen = nothing_seen()
    missed = samples(seen, 0, "bitshares_witness_missed_blocks_total")
    ring = {(w.account, p.signing_key): 0 for w in SETTINGS.witnesses for p in w.producers}
    assert missed == ring
    doubles = samples(seen, 0, "bitshares_witness_double_production_total")
    assert doubles == {("init0",): 0, ("init1",): 0}


def test_a_key_that_no_block_holds_is_told_as_pending(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    assert samples(seen, chain.time, PENDING) == {("init0",): 0, ("init1",): 0}
    seen.show("home", a_reading(chain, shown={INIT0: BETA}))
    assert samples(seen, chain.time, PENDING) == {("init0",): 1, ("init1",): 0}
    on_air = samples(seen, chain.time, ON_AIR)
    assert (on_air[ALPHA_LABELS], on_air[BETA_LABELS]) == (1, 0)
    assert set(samples(seen, chain.time, RECENT)) >= {("init0", ALPHA_KEY)}


def test_a_node_that_is_a_block_behind_a_rotation_shows_no_pending_key(
    chain: ForgedChain,
) -> None:
    before: Reading = a_reading(chain)
    chain.produce(updates={INIT0: BETA})
    seen = seen_at(chain)
    seen.show("us", before)
    assert samples(seen, chain.time, PENDING) == {("init0",): 0, ("init1",): 0}


def test_a_rotation_puts_the_new_key_on_air_with_no_misses(chain: ForgedChain) -> None:
    chain.run(21, dead=[INIT0])
    assert samples(seen_at(chain), chain.time, RECENT)[("init0", ALPHA_KEY)] >= 2
    chain.produce(chain._next_living([INIT0]), updates={INIT0: BETA})
    seen = seen_at(chain)
    assert {k: v for k, v in samples(seen, chain.time, RECENT).items() if k[0] == "init0"} == {
        ("init0", BETA_KEY): 0
    }
    on_air = samples(seen, chain.time, ON_AIR)
    assert (on_air[ALPHA_LABELS], on_air[BETA_LABELS]) == (0, 1)


def test_a_missing_block_is_told_before_the_next_one_but_not_counted(chain: ForgedChain) -> None:
    chain.run_until(INIT0)
    seen = seen_at(chain)
    slot = chain.time + chain.interval
    provisional = "bitshares_witness_provisional_missed_blocks"
    early, late = slot + PROVISIONAL_AFTER - 1, slot + PROVISIONAL_AFTER
    assert samples(seen, early, provisional)[("init0", ALPHA_KEY)] == 0
    assert samples(seen, late, provisional)[("init0", ALPHA_KEY)] == 1
    assert samples(seen, late, RECENT)[("init0", ALPHA_KEY)] == 0


def test_blocks_that_nobody_would_show_are_not_told_as_missing(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    seen.lose("eu", "us", "home")
    now = chain.time + 10 * chain.interval
    assert samples(seen, now, RECENT)
    assert samples(seen, now, "bitshares_witness_provisional_missed_blocks") == {}


def test_every_node_has_one_state_of_all_from_the_start(chain: ForgedChain) -> None:
    def states(seen: Observed) -> dict[str, list[str]]:
        found = samples(seen, chain.time, "bitshares_node_state")
        assert set(found) == {(n.name, state) for n in SETTINGS.nodes for state in Verdict}
        return {n.name: [s for s in Verdict if found[n.name, s]] for n in SETTINGS.nodes}

    before = states(nothing_seen())
    assert before == {"eu": ["unreachable"], "us": ["unreachable"], "home": ["unreachable"]}
    seen = seen_at(chain)
    seen.nodes = [replace(seen.nodes[0], verdict=Verdict.STALLED), *seen.nodes[1:]]
    seen.lose("home")
    assert states(seen) == {"eu": ["stalled"], "us": ["canonical"], "home": ["unreachable"]}


def test_where_a_node_left_the_chain_and_how_far_it_went_is_told(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    eu, us, home = (replace(node, verdict=Verdict.FORKED) for node in seen.nodes)
    too_deep = Divergence(6, 29, exact=False)
    seen.nodes = [
        replace(eu, verdict=Verdict.CANONICAL),
        replace(us, common=30, divergence=Divergence(30, 5)),
        replace(home, common=None, divergence=too_deep),
    ]
    heights = samples(seen, chain.time, "bitshares_node_divergence_height")
    assert heights == {("eu",): 35, ("us",): 30}
    depths = samples(seen, chain.time, "bitshares_node_divergence_blocks")
    assert depths == {("eu",): 0, ("us",): 5, ("home",): 29}


async def test_a_reorganisation_takes_back_the_misses_of_the_branch_that_lost(
    chain: ForgedChain,
) -> None:
    exporter = SyncedExporter()
    await exporter.catch_up(chain)
    winner = chain.copy()
    chain.run(12, dead=MINORITY)
    assert samples(await exporter.catch_up(chain), chain.time, RECENT)[("init0", ALPHA_KEY)] == 3
    winner.run(24)
    assert samples(await exporter.catch_up(winner), winner.time, RECENT)[("init0", ALPHA_KEY)] == 0


async def test_a_restart_changes_none_of_the_figures_that_act(chain: ForgedChain) -> None:
    exporter = SyncedExporter()
    await exporter.catch_up(chain)
    chain.run(28, dead=[INIT0])
    chain.produce(updates={INIT0: BETA}, slot=chain._next_living([INIT0]))
    chain.run(28, dead=[INIT0])
    lasting = await exporter.catch_up(chain)
    restarted = await SyncedExporter().catch_up(chain)
    assert samples(lasting, chain.time, RECENT)[("init0", BETA_KEY)] >= 3
    for name in (RECENT, ON_AIR, "bitshares_chain_active_witnesses", "bitshares_witness_active"):
        assert samples(lasting, chain.time, name) == samples(restarted, chain.time, name)


async def test_misses_count_as_totals_once_they_are_irreversible(chain: ForgedChain) -> None:
    total = "bitshares_witness_missed_blocks_total"
    exporter = SyncedExporter()
    await exporter.catch_up(chain)
    chain.run(12, dead=MINORITY)
    early = samples(await exporter.catch_up(chain), chain.time, total)
    chain.run(21)
    late = samples(await exporter.catch_up(chain), chain.time, total)
    assert early[("init0", ALPHA_KEY)] == 0
    assert late[("init0", ALPHA_KEY)] == 3
    assert late[("init0", BETA_KEY)] == 0


def test_the_key_of_the_first_host_is_the_one_that_the_chain_begins_with() -> None:
    assert ForgedChain().keys[INIT0].word == ALPHA.word
