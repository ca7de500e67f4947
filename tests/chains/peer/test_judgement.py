"""When a peer is looked at again, when it is waited for, and which chain counts as the longest."""

from __future__ import annotations

import pytest

from chains.errors import InvalidBlockError, PeerUnreachableError, TooMuchError
from chains.peer.blocks import verify
from chains.peer.candidate import Allowance
from chains.peer.canonical import Looked, longest, views_of
from chains.peer.course import Course
from chains.peer.followed import next_wait
from chains.peer.seen import Seen
from chains.peer.trail import NOTHING, Trail
from chains.peer.views import PeerView
from chains.standing import Claim, Divergence, Verdict, longest_first

from .made import EASY, Block, forged

COMMON = forged(10)


def trail_of(chain: list[Block]) -> Trail:
    return NOTHING.extended(verify(None, chain, EASY))


ONE, OTHER = (trail_of(forged(14, COMMON, by=name)) for name in ("beta", "gamma"))
SHORT = trail_of(COMMON)


def shown(trail: Trail) -> Seen:
    return Seen(trail, trail.length, trail.tip)


def test_a_plain_peer_is_looked_at_ever_more_rarely_until_it_changes() -> None:
    waits = [next_wait(0.0, own=False, changed=True)]
    for _ in range(8):
        waits.append(next_wait(waits[-1], own=False, changed=False))
    assert waits[0] == 5.0
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] == 60.0
    assert next_wait(60.0, own=False, changed=True) == 5.0
    assert next_wait(60.0, own=True, changed=False) == 2.5


@pytest.mark.parametrize(
    ("taken", "declared", "worth"),
    [
        (1_000_000, 2_000_000, True),
        (1_000_000, None, False),
        (1_000, 2_000, False),
        (1_000_000, 100_000_000, False),
        (0, 1_000_000, False),
    ],
)
def test_who_comes_to_an_end_in_time_is_waited_for(
    taken: int, declared: int | None, worth: bool
) -> None:
    course = Course(started=100.0, moved=100.0, declared=declared)
    course.takes(taken, 105.0)
    assert course.is_worth_waiting(now=110.0, until=130.0) is worth


def test_the_greediest_gives_way() -> None:
    allowance = Allowance(1000)
    allowance.take("greedy", 800)
    allowance.take("modest", 300)
    with pytest.raises(TooMuchError, match="801 blocks and no end"):
        allowance.take("greedy", 1)
    allowance.take("modest", 600)
    allowance.give_back("modest")
    allowance.take("other", 1000)


def test_of_chains_of_equal_length_the_first_counts_unless_more_have_another() -> None:
    first, second = Looked("a", shown(ONE), 20.0), Looked("b", shown(OTHER), 10.0)
    assert longest([first, second]) is OTHER
    assert longest([first, second, Looked("c", shown(ONE), 30.0)]) is ONE
    assert longest([Looked("d", shown(SHORT), 0.0), first]) is ONE
    assert longest([Looked("e", Seen(), 0.0)]) is None


def test_the_longest_claim_is_looked_at_first_and_none_that_is_no_longer_than_ours() -> None:
    claims = [Claim("a", 5, "05"), Claim("b", 6, "06"), Claim("c", 9, "09"), Claim("d", 9, "0a")]
    assert [claim.node for claim in longest_first(claims, beyond=5)] == ["c", "d", "b"]


def test_each_peer_is_told_with_its_reason() -> None:
    invalid = Seen(None, 99, "ab" * 32, InvalidBlockError(12, "proof", "does not follow"))
    lost = Seen(error=PeerUnreachableError("lost", "sent nothing in time"))
    greedy = Seen(error=TooMuchError("greedy", "sent more than 5 bytes"))
    views = {
        view.name: view
        for view in views_of(
            [
                Looked("one", shown(ONE), 1.0),
                Looked("other", shown(OTHER), 2.0),
                Looked("short", shown(SHORT), 1.0),
                Looked("empty", shown(NOTHING), 1.0),
                Looked("invalid", invalid, 1.0),
                Looked("lost", lost, 1.0),
                Looked("greedy", greedy, 1.0),
                Looked("new", Seen(), 0.0),
            ]
        )
    }
    assert views == {
        view.name: view
        for view in (
            PeerView("one", Verdict.CANONICAL, True, 14, True, tip=ONE.tip),
            PeerView(
                "other",
                Verdict.FORKED,
                True,
                14,
                True,
                Divergence(10, 4),
                OTHER.tip,
                "on a fork for 4 blocks since block 10",
            ),
            PeerView(
                "short",
                Verdict.BEHIND,
                True,
                10,
                True,
                tip=SHORT.tip,
                detail="4 blocks behind block 14",
            ),
            PeerView("empty", Verdict.BEHIND, True, 0, True, detail="14 blocks behind block 14"),
            PeerView(
                "invalid",
                Verdict.INVALID,
                True,
                99,
                False,
                tip="ab" * 32,
                detail="block 12: proof: does not follow",
            ),
            PeerView("lost", Verdict.UNREACHABLE, detail="sent nothing in time"),
            PeerView("greedy", Verdict.INVALID, True, None, False, detail="sent more than 5 bytes"),
            PeerView("new", detail="not looked at yet"),
        )
    }


def test_chain_with_another_first_block_is_told_as_such() -> None:
    stranger = trail_of(forged(3, by="delta"))
    _, view = views_of([Looked("a", shown(ONE), 0.0), Looked("b", shown(stranger), 0.0)])
    assert view.divergence == Divergence(0, 3)
    assert view.detail == "on a chain of its own, which has another first block: 3 blocks"
