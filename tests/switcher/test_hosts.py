"""What is known of the host on air, and since when it has been missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.views import NodeView, ProducerView
from chains.standing import Verdict
from switcher.hosts import Condition, Host, host_in_force
from tests.support.chain import PREFIX, ForgedChain
from tests.switcher.scripted import ALPHA, INIT0, Script

WITNESS = Script().settings.witnesses[0]
NODE = NodeView("alpha", "", False, Verdict.UNREACHABLE, "refuses", None, None, 0)


def follower(blocks: int = 20) -> Follower:
    chain = ForgedChain()
    chain.run(blocks)
    found = Follower(PREFIX, 600)
    found.begin(chain.blocks, chain.reading())
    return found


def host(
    node: NodeView | None, chain: Follower | None = None, accused_since: float = 1e9
) -> Host | None:
    views = [ProducerView(WITNESS.account, WITNESS.producers[0], node)]
    return host_in_force(WITNESS, views, chain or follower(), ALPHA.text(PREFIX), accused_since)


@pytest.mark.parametrize(
    ("up", "verdict", "condition"),
    [
        (True, Verdict.CANONICAL, Condition.WELL),
        (False, Verdict.UNREACHABLE, Condition.UNREACHABLE),
        (False, Verdict.CANONICAL, Condition.UNREACHABLE),
        (True, Verdict.BEHIND, Condition.ASTRAY),
        (True, Verdict.FORKED, Condition.ASTRAY),
        (True, Verdict.INVALID, Condition.ASTRAY),
        (True, Verdict.UNSYNCED, Condition.UNWATCHED),
    ],
)
def test_condition_is_what_its_own_endpoint_tells(
    up: bool, verdict: Verdict, condition: Condition
) -> None:
    found = host(replace(NODE, up=up, verdict=verdict))
    assert found is not None
    assert found.condition is condition
    assert found.sick is (condition in (Condition.UNREACHABLE, Condition.ASTRAY))


def test_nothing_is_known_of_a_host_without_an_endpoint() -> None:
    found = host(None)
    assert found is not None
    assert found.condition is Condition.UNWATCHED


def test_key_from_outside_the_ring_has_no_host() -> None:
    assert host_in_force(WITNESS, (), follower(), "BTSother", 0.0) is None


def test_absence_begins_with_the_first_block_that_a_host_lacks() -> None:
    chain = follower()
    lacking = chain.applied(18)
    found = host(replace(NODE, had=17, since=1e9), chain)
    assert lacking is not None
    assert found is not None
    assert found.lacks_since == lacking.time


def test_host_that_has_every_block_lacks_none_however_unreachable() -> None:
    found = host(replace(NODE, had=20))
    assert found is not None
    assert found.lacks_since is None


def test_absence_that_is_over_is_from_the_last_block_it_had_until_it_was_seen_well() -> None:
    chain, back = follower(), replace(NODE, up=True, verdict=Verdict.CANONICAL, had=20, since=1e9)
    last = chain.applied(17)
    found = host(replace(back, had_before=17), chain)
    assert last is not None
    assert found is not None
    assert found.absence == (float(last.time), 1e9)
    never = host(back, chain)
    assert never is not None
    assert never.absence is None


def test_absence_from_before_the_blocks_that_are_kept_is_not_told() -> None:
    back = replace(NODE, up=True, verdict=Verdict.CANONICAL, had=20, had_before=999)
    found = host(back)
    assert found is not None
    assert found.absence is None


def test_host_that_was_never_seen_is_missing_since_it_is_looked_for() -> None:
    found = host(replace(NODE, since=1_234.5))
    assert found is not None
    assert found.lacks_since == 1_234.5


@pytest.mark.parametrize(("seconds", "signed"), [(-1.0, True), (1.0, False)])
def test_only_a_block_signed_after_the_endpoint_was_lost_excuses_the_host(
    seconds: float, signed: bool
) -> None:
    chain = follower()
    own = next(e for e in reversed(chain.entries()) if e.witness == INIT0)
    found = host(replace(NODE, had=own.number - 1, since=own.time + seconds), chain)
    assert found is not None
    assert found.signed_since is signed


@pytest.mark.parametrize(("seconds", "signed"), [(-1.0, True), (1.0, False)])
def test_block_signed_since_the_accusation_excuses_the_host_after_a_restart_too(
    seconds: float, signed: bool
) -> None:
    chain = follower()
    own = next(e for e in reversed(chain.entries()) if e.witness == INIT0)
    node = replace(NODE, had=None, since=own.time + 30.0)
    found = host(node, chain, accused_since=own.time + seconds)
    assert found is not None
    assert found.signed_since is signed
