"""What is said of each peer of a search once the longest valid chain is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from chains.errors import (
    ChainError,
    InvalidBlockError,
    MalformedDataError,
    PeerUnreachableError,
    TooMuchError,
)
from chains.peer.blocks import verify
from chains.peer.candidate import Candidate, Found
from chains.peer.client import MOST_HEIGHTS, Head, PeerClient
from chains.peer.findings import Branch, Standing
from chains.peer.judging import Longest, standing_of
from chains.peer.trail import NOTHING, Trail
from chains.standing import Divergence, Verdict

from .made import EASY, Block, Kept, forged, tip_of

OURS = forged(12)
FORK = forged(12, OURS[:5], by="beta")
LONGER = forged(15, OURS[:5], by="gamma")
SECONDS = 5.0
FORKED = Standing(
    "eu",
    Verdict.FORKED,
    12,
    tip_of(FORK),
    Divergence(5, 7),
    "on a fork for 7 blocks since block 5, as long as ours",
)


class Answering:
    """A peer that answers from a chain; counts what it is asked at most at once."""

    name = "eu"

    def __init__(self, chain: Sequence[Block] = (), *, trouble: ChainError | None = None) -> None:
        self.kept, self.trouble, self.most = Kept(chain), trouble, 0

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        self.most = max(self.most, len(heights))
        if self.trouble is not None:
            raise self.trouble
        return await self.kept.hashes(heights)


class Hanging(Answering):
    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        await asyncio.Event().wait()
        return []


def candidate(client: Answering, chain: Sequence[Block] | None, **known: Any) -> Candidate:
    head = None if chain is None else Head(len(chain), tip_of(chain) if chain else "", None)
    return Candidate(cast("PeerClient", client), head=head, **known)


def held(chain: Sequence[Block] = OURS) -> Longest:
    return Longest(Kept(chain), len(chain), tip_of(chain), None)


def found_above(fork: int, chain: Sequence[Block]) -> Found:
    """Return a verified chain of which the held one has the first `fork` blocks."""
    verified = verify(None, chain, EASY)
    return Found(Trail(None, fork + 1, b"").extended(verified[fork:]), fork)


async def told(chain: Sequence[Block], longest: Longest | None = None, **known: Any) -> Standing:
    return await standing_of(
        candidate(Answering(chain), chain, **known), longest or held(), SECONDS
    )


async def test_peer_with_the_longest_chain_is_canonical() -> None:
    assert await told(OURS) == Standing("eu", Verdict.CANONICAL, 12, tip_of(OURS))


async def test_peer_that_lacks_blocks_is_behind() -> None:
    assert await told(OURS[:11]) == Standing(
        "eu", Verdict.BEHIND, 11, tip_of(OURS[:11]), detail="1 block behind block 12"
    )


async def test_peer_without_any_block_is_behind() -> None:
    assert await told([]) == Standing(
        "eu", Verdict.BEHIND, 0, "", detail="12 blocks behind block 12"
    )


async def test_peer_on_a_chain_of_equal_length_is_on_a_fork() -> None:
    assert await told(FORK) == FORKED


async def test_peer_on_a_shorter_chain_is_on_a_fork() -> None:
    found = await told(FORK[:8])
    assert (found.divergence, found.detail) == (
        Divergence(5, 3),
        "on a fork for 3 blocks since block 5",
    )


async def test_peer_whose_longer_chain_was_not_taken_is_on_a_fork() -> None:
    found = await told(LONGER)
    assert (found.verdict, found.divergence) == (Verdict.FORKED, Divergence(5, 10))
    assert found.detail == "on a fork for 10 blocks since block 5"


async def test_peer_that_left_after_our_end_has_all_of_our_blocks() -> None:
    longer = forged(14, OURS)
    found = await told(longer)
    assert (found.verdict, found.divergence) == (Verdict.FORKED, Divergence(12, 2))


async def test_peer_that_has_no_hash_of_its_own_chain_has_nothing_in_common() -> None:
    silent = candidate(Answering(), FORK)
    found = await standing_of(silent, held(), SECONDS)
    assert found.divergence == Divergence(0, 12)


@pytest.mark.parametrize(
    ("verified", "ending"),
    [(True, ""), (False, ", if it is valid, which there was no time to verify")],
)
async def test_chain_that_goes_too_deep_is_told_with_what_it_would_replace(
    verified: bool, ending: str
) -> None:
    deep = Branch("eu", 15, tip_of(LONGER), 5, 7, verified)
    said = "on a fork for 10 blocks since block 5, which would replace 7 blocks of ours"
    assert await told(LONGER, deep=deep) == Standing(
        "eu",
        Verdict.FORKED,
        15,
        tip_of(LONGER),
        Divergence(5, 10),
        f"{said}: more than allowed{ending}",
    )


async def test_where_it_left_is_not_asked_for_again_if_it_goes_too_deep() -> None:
    silent = Answering(trouble=PeerUnreachableError("eu", "hangs"))
    for length in (12, 8):
        chain = FORK[:length]
        deep = Branch("eu", length, tip_of(chain), 5, 7)
        found = await standing_of(candidate(silent, chain, deep=deep), held(), SECONDS)
        assert found.divergence == Divergence(5, length - 5)
        assert "more than allowed" not in found.detail
        assert found.detail.endswith("as long as ours") is (length == 12)


async def test_chain_that_was_found_is_the_longest_and_shares_blocks_with_the_held_one() -> None:
    longest = Longest(Kept(OURS), 12, tip_of(OURS), found_above(5, LONGER))
    assert (longest.length, longest.tip) == (15, tip_of(LONGER))
    heights = [1, 5, 6, 15, 16]
    assert await longest.hashes(heights) == await Kept(LONGER).hashes(heights)
    assert await longest.hashes([6]) == await Kept(LONGER).hashes([6])
    assert (await told(LONGER, longest)).verdict is Verdict.CANONICAL
    assert (await told(OURS, longest)).divergence == Divergence(5, 7)
    assert (await told(LONGER[:14], longest)).detail == "1 block behind block 15"


class Untouched(Kept):
    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        raise AssertionError("nothing of it was needed")


async def test_held_chain_is_not_asked_for_what_the_found_one_knows() -> None:
    longest = Longest(Untouched(OURS), 12, tip_of(OURS), found_above(5, LONGER))
    assert await longest.hashes([6, 15]) == await Kept(LONGER).hashes([6, 15])


async def test_peer_whose_chain_came_without_a_claim_is_judged_by_what_came() -> None:
    silent = Answering(trouble=PeerUnreachableError("eu", "hangs"))
    came = candidate(silent, None, found=Found(NOTHING.extended(verify(None, FORK, EASY)), 0))
    assert await standing_of(came, held(), SECONDS) == FORKED


async def test_what_a_peer_claims_counts_more_than_what_came_before() -> None:
    before = found_above(0, OURS[:3])
    found = await standing_of(candidate(Answering(OURS), OURS, found=before), held(), SECONDS)
    assert found.verdict is Verdict.CANONICAL


async def test_peer_that_told_nothing_in_time_is_unreachable() -> None:
    assert await standing_of(candidate(Answering(), None), held(), SECONDS) == Standing(
        "eu", Verdict.UNREACHABLE, detail="was not done in time"
    )


@pytest.mark.parametrize(
    "client", [Hanging(), Answering(trouble=PeerUnreachableError("eu", "broke off"))]
)
async def test_peer_on_a_fork_that_does_not_tell_since_when_is_told_as_such(
    client: Answering,
) -> None:
    assert await standing_of(candidate(client, FORK), held(), 0.01) == Standing(
        "eu",
        Verdict.FORKED,
        12,
        tip_of(FORK),
        detail="on a fork, and did not tell since when",
    )


@pytest.mark.parametrize(
    ("error", "verdict", "detail"),
    [
        (
            InvalidBlockError(9, "proof", "does not follow"),
            Verdict.INVALID,
            "block 9: proof: does not follow",
        ),
        (
            TooMuchError("eu", "sent 9 blocks and no end"),
            Verdict.INVALID,
            "sent 9 blocks and no end",
        ),
        (PeerUnreachableError("eu", "broke off"), Verdict.UNREACHABLE, "broke off"),
        (MalformedDataError("no JSON"), Verdict.UNREACHABLE, "no JSON"),
    ],
)
async def test_peer_in_trouble_is_told_with_what_it_claimed_and_why(
    error: ChainError, verdict: Verdict, detail: str
) -> None:
    assert await told(FORK, error=error) == Standing("eu", verdict, 12, tip_of(FORK), detail=detail)
    silent = candidate(Answering(), None, error=error)
    assert await standing_of(silent, held(), SECONDS) == Standing("eu", verdict, detail=detail)


async def test_peer_is_asked_for_no_more_hashes_at_once_than_it_may_be() -> None:
    long = forged(MOST_HEIGHTS + 40)
    fork = forged(MOST_HEIGHTS + 40, long[:3], by="beta")
    client = Answering(fork)
    found = await standing_of(candidate(client, fork), held(long), SECONDS)
    assert found.divergence == Divergence(3, MOST_HEIGHTS + 37)
    assert client.most == MOST_HEIGHTS
