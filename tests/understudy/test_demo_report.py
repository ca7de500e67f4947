"""What the demonstration counts."""

from __future__ import annotations

import json

from chains.bitshares.applied import Applied, MissedSlot
from tests.peernode.made import EASY, chain
from understudy.demo.report import Convergence, convergence, missed_between

KILLED_AT = 100


def block(number: int, *missed: str) -> Applied:
    return Applied(
        number=number,
        id=f"{number:08x}",
        previous="",
        digest=b"",
        time=number,
        witness="1.6.2",
        signing_key="",
        missed=tuple(MissedSlot(witness, number - 1, None) for witness in missed),
        updates=(),
        maintenance=False,
        aslot=number,
        filled=0,
        shuffled=None,
        active=(),
        schedule_certain=True,
        active_certain=True,
        terms={},
        irreversible=0,
    )


def test_a_slot_that_had_just_begun_at_the_kill_counts_as_missed() -> None:
    first = block(104)
    blocks = [block(99, "1.6.1"), block(100), block(101, "1.6.1", "1.6.3"), block(103), first]
    assert missed_between(blocks, "1.6.1", KILLED_AT, first) == 1
    later = [*blocks, block(105, "1.6.1")]
    assert missed_between(later, "1.6.1", KILLED_AT, first) == 1


def test_peers_count_as_resolved_only_on_one_valid_chain_longer_than_that_of_who_lagged() -> None:
    longer = [json.loads(each.body) for each in chain(5)]
    other = [json.loads(each.body) for each in chain(5, stamp=9.0)]
    forged = [*longer[:3], {**longer[3], "timestamp": 1.0}, longer[4]]
    assert convergence([longer, longer, longer], EASY, 3) == Convergence(True, (5, 5, 5))
    for chains, lengths in (
        ([longer, longer, longer[:3]], (5, 5, 3)),
        ([longer, longer, other], (5, 5, 5)),
        ([forged, forged, forged], (5, 5, 5)),
        ([longer, longer, []], (5, 5, 0)),
    ):
        assert convergence(chains, EASY, 3) == Convergence(False, lengths)
    assert not convergence([longer] * 3, EASY, 5).resolved
    assert not convergence([[], [], []], EASY, 0).resolved
