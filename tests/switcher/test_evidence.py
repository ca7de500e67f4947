"""Which hosts count as ready to take over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.views import NodeView, ProducerView
from chains.settings import ProducerSettings, WitnessSettings
from chains.standing import Verdict
from devnet.keys import DevKey
from switcher.hosts import FAILED_LATELY, backups
from switcher.model import Draft, Outcome, Readiness, Rotation
from tests.support.chain import PREFIX, ForgedChain
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0
from tests.switcher.stage import WITNESS

NOW = 10_000.0
RING = dict(zip(("alpha", "beta", "gamma"), (ALPHA, BETA, GAMMA), strict=True))


def view(
    name: str, verdict: Verdict | None, *, up: bool = True, since: float = 0.0
) -> ProducerView:
    producer = ProducerSettings(name, RING[name].text(PREFIX), f"ws://{name}" if verdict else None)
    if verdict is None:
        return ProducerView(WITNESS, producer, None)
    node = NodeView(name, "", up, verdict, "so it is", None, None, 0, since=since)
    return ProducerView(WITNESS, producer, node)


def rotation(start: DevKey, end: DevKey, outcome: Outcome, ago: float = 60.0) -> Rotation:
    draft = Draft(1, WITNESS, start.text(PREFIX), end.text(PREFIX), "x", NOW - ago)
    return Rotation(1, draft, opened=NOW - ago, ended=NOW, outcome=outcome, block=20)


def readiness(*views: ProducerView, rotations: Any = (), follower: Any = None) -> dict[str, str]:
    witness = WitnessSettings(WITNESS, tuple(v.producer for v in views))
    chain = follower or Follower(PREFIX, 600)
    return {b.name: b.readiness for b in backups(witness, views, rotations, chain, NOW)}


@pytest.mark.parametrize(
    ("verdict", "up", "expected"),
    [
        (Verdict.CANONICAL, True, Readiness.READY),
        (Verdict.CANONICAL, False, Readiness.DOWN),
        (Verdict.BEHIND, True, Readiness.DOWN),
        (Verdict.FORKED, True, Readiness.DOWN),
        (Verdict.UNREACHABLE, False, Readiness.DOWN),
        (None, True, Readiness.UNWATCHED),
    ],
)
def test_host_is_ready_only_at_the_canonical_head(
    verdict: Verdict | None, up: bool, expected: Readiness
) -> None:
    assert readiness(view("beta", verdict, up=up)) == {"beta": expected}


def test_host_that_never_signed_is_passed_over_for_an_hour() -> None:
    failed = rotation(ALPHA, BETA, Outcome.NEVER_SIGNED)
    beta = view("beta", Verdict.CANONICAL)
    assert readiness(beta, rotations=[failed]) == {"beta": Readiness.FAILED}
    earlier = rotation(ALPHA, BETA, Outcome.NEVER_SIGNED, ago=FAILED_LATELY)
    assert readiness(beta, rotations=[earlier]) == {"beta": Readiness.READY}


def test_host_that_has_signed_since_is_ready_again() -> None:
    chain = ForgedChain()
    chain.run(14)
    chain.produce(updates={INIT0: BETA})
    chain.run(21)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    failed = rotation(ALPHA, BETA, Outcome.NEVER_SIGNED)
    found = readiness(view("beta", Verdict.CANONICAL), rotations=[failed], follower=follower)
    assert found == {"beta": Readiness.READY}


@pytest.mark.parametrize("outcome", [Outcome.ON_AIR, Outcome.NEVER_SIGNED, Outcome.BROADCAST])
def test_host_that_was_left_counts_as_failed_only_if_nothing_shows_that_it_recovered(
    outcome: Outcome,
) -> None:
    left = rotation(ALPHA, BETA, outcome)
    assert readiness(view("alpha", None), rotations=[left]) == {"alpha": Readiness.FAILED}
    seen = readiness(view("alpha", Verdict.CANONICAL, since=NOW), rotations=[left])
    assert seen == {"alpha": Readiness.READY}


def test_host_that_failed_while_its_endpoint_looked_well_is_passed_over() -> None:
    left = rotation(ALPHA, BETA, Outcome.ON_AIR)
    well_all_along = view("alpha", Verdict.CANONICAL, since=left.opened - 1)
    assert readiness(well_all_along, rotations=[left]) == {"alpha": Readiness.FAILED}


@pytest.mark.parametrize("verdict", [Verdict.CANONICAL, None])
def test_host_that_handed_over_has_not_failed(verdict: Verdict | None) -> None:
    left = rotation(ALPHA, BETA, Outcome.ON_AIR)
    expected = readiness(view("alpha", verdict))
    by_hand = replace(left, draft=replace(left.draft, by_hand=True))
    assert readiness(view("alpha", verdict), rotations=[by_hand]) == expected
    returned = replace(left, returning=True)
    assert readiness(view("alpha", verdict), rotations=[returned]) == expected


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANNOT_PAY])
def test_rotation_that_changed_nothing_spoils_no_host(outcome: Outcome) -> None:
    tried = rotation(ALPHA, BETA, outcome)
    found = readiness(view("alpha", None), view("beta", None), rotations=[tried])
    assert found == {"alpha": Readiness.UNWATCHED, "beta": Readiness.UNWATCHED}
