"""Who has how many votes, asked of nodes once after each count."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.ranking import MOST_WITNESSES, Ranking, parse_ids, parse_ranking
from chains.bitshares.votes import VoteWatch
from chains.bitshares.watch import Watch
from chains.errors import MalformedDataError
from chains.settings import ChainSettings
from devnet.launch import Devnet
from tests.chains.watched import HISTORY, head
from tests.support.devnet import chain_settings, following, until

IDS = ["1.6.1", "1.6.2", "1.6.3"]


def voted(witness: str, votes: object, vote_id: str) -> dict[str, Any]:
    return {"id": witness, "total_votes": votes, "vote_id": vote_id}


def test_the_most_voted_comes_first_and_of_equals_the_elder_vote_id() -> None:
    reply = [
        voted("1.6.1", 5, "1:10"),
        voted("1.6.2", "123456789012", "1:11"),
        voted("1.6.3", 5, "1:9"),
    ]
    ranking = parse_ranking(IDS, reply, 0)
    assert [ranking.rank(witness) for witness in IDS] == [3, 1, 2]
    assert ranking.rank("1.6.4") is None


def test_who_stands_outside_first_is_who_has_most_votes_of_those_not_active() -> None:
    ranking = Ranking(0, (("1.6.1", 9), ("1.6.2", 7), ("1.6.3", 5)))
    assert ranking.first_outside({"1.6.1"}) == 7
    assert ranking.first_outside({"1.6.1", "1.6.2"}) == 5
    assert ranking.first_outside(set(IDS)) is None


@pytest.mark.parametrize(
    "reply",
    [
        None,
        [],
        [None] * 3,
        [voted("1.6.1", 1, "1:1")] * 3,
        [voted(each, -1, "1:1") for each in IDS],
        [voted(each, 1, "x") for each in IDS],
        [voted(each, 1.5, "1:1") for each in IDS],
    ],
)
def test_what_are_no_votes_is_refused(reply: Any) -> None:
    with pytest.raises(MalformedDataError):
        parse_ranking(IDS, reply, 0)


@pytest.mark.parametrize("count", [0, MOST_WITNESSES + 1])
def test_a_node_that_names_none_or_too_many_is_not_asked_about_them(count: int) -> None:
    with pytest.raises(MalformedDataError, match="instead of 1 to 1000"):
        parse_ids([[f"a{n}", f"1.6.{n}"] for n in range(count)])


class _Counted(Watch):
    """A watch that counts what is asked beside the blocks, and of whom."""

    def __init__(self, settings: ChainSettings) -> None:
        super().__init__(settings)
        self.asked: Counter[tuple[str, str]] = Counter()

    async def call(self, node: str, api: str, method: str, *params: Any, **options: Any) -> Any:
        self.asked[node, method] += 1
        return await super().call(node, api, method, *params, **options)


class _FirstIsSilent(_Counted):
    async def call(self, node: str, api: str, method: str, *params: Any, **options: Any) -> Any:
        answer = await super().call(node, api, method, *params, **options)
        return answer if len({name for name, _ in self.asked}) > 1 else []


@asynccontextmanager
async def ranked(watch: _Counted) -> AsyncIterator[VoteWatch]:
    """Yield the votes once they are known."""
    votes = VoteWatch(watch)
    tasks = [asyncio.create_task(each.run()) for each in (watch, votes)]
    try:
        await following(watch)
        await until(watch, lambda _: votes.ranking is not None)
        yield votes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_votes_are_asked_for_once_after_each_count_and_of_one_node() -> None:
    async with Devnet(replace(HISTORY, witnesses=9)) as net:
        watch = _Counted(chain_settings(net))
        async with ranked(watch) as votes:
            later = head(watch) + 3
            await until(watch, lambda w: head(w) >= later)
            assert votes.ranking
            places = [votes.ranking.rank(f"1.6.{number}") for number in range(1, 10)]
    assert places == [*range(1, 10)]
    assert sum(watch.asked.values()) == 2
    assert {method for _, method in watch.asked} == {"lookup_witness_accounts", "get_witnesses"}


async def test_another_node_is_asked_where_one_does_not_tell() -> None:
    async with Devnet(HISTORY) as net:
        watch = _FirstIsSilent(chain_settings(net))
        async with ranked(watch):
            assert len({node for node, _ in watch.asked}) == 2
