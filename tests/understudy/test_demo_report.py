"""What the demonstration's last line says, and when it counts as complete."""

from __future__ import annotations

import pytest

from tests.chains.peer.made import EASY, Block, forged
from understudy.demo.report import Act, Convergence, Report, convergence

CHAIN = forged(5)
ROTATED = Act(
    rotated=True,
    from_="alpha",
    to="beta",
    missed_blocks=3,
    seconds_kill_to_alert=20.0,
    seconds_alert_to_broadcast=0.2,
    seconds_broadcast_to_confirmed=1.0,
)
SHORTER, FORKED = CHAIN[:3], forged(5, CHAIN[:4], by="beta")
BROKEN = [*CHAIN[:2], {**CHAIN[2], "transactions": []}, *CHAIN[3:]]


def test_peers_with_one_chain_that_grew_have_converged() -> None:
    assert convergence([CHAIN, CHAIN, CHAIN], EASY, 3) == Convergence(True, (5, 5, 5))


@pytest.mark.parametrize(
    "last", [SHORTER, FORKED, BROKEN, []], ids=["shorter", "forked", "invalid", "none"]
)
def test_peers_with_different_chains_have_not(last: list[Block]) -> None:
    found = convergence([CHAIN, CHAIN, last], EASY, 3)
    assert found == Convergence(False, (5, 5, len(last)))


def test_one_chain_of_the_old_length_is_no_success_nor_one_invalid_chain() -> None:
    assert not convergence([SHORTER, SHORTER], EASY, 3).resolved
    assert not convergence([BROKEN, BROKEN], EASY, 3).resolved


def test_the_last_line_tells_of_the_peers_and_needs_all_acts() -> None:
    done = Report(ROTATED, True, 0, Convergence(True, (5, 5, 5)))
    assert done.complete
    assert done.as_json()["peer_chain_resolved"] is True
    assert done.as_json()["peer_lengths"] == [5, 5, 5]
    assert not Report(ROTATED, True, 0, Convergence(False, (5, 5, 3))).complete
    assert not Report(ROTATED, False, 1, done.third).complete
