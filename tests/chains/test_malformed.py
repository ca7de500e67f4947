"""Whatever a node sends instead of blocks and objects, it is refused as such."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitshares.blocks import parse_block
from chains.bitshares.client import NodeClient
from chains.bitshares.follower import Follower
from chains.bitshares.names import resolve_names
from chains.bitshares.objects import Names, WitnessIds, parse_reading
from chains.bitshares.ranking import parse_ids, parse_ranking
from chains.errors import BadReplyError, ChainError, MalformedDataError
from chains.settings import ChainSettings, ProducerSettings, WitnessSettings
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain
from tests.support.odd import ODD, spoiled
from tests.support.scripted import objects

CHAIN = ForgedChain()
CHAIN.run(27)
UPDATED = CHAIN.produce(updates={"1.6.2": DevKey("other")}, salt="hi")
READING = CHAIN.reading()
NAMES = Names((WitnessIds("init0", "1.2.6", "1.6.1", "2.5.6"),), {"USD": "2.4.1"})
FEED = {
    "id": "2.4.1",
    "feeds": [["1.2.6", ["2027-01-15T08:00:00", {}]], ["1.2.9", ["2027-01-15T07:00:00", {}]]],
    "options": {"feed_lifetime_sec": 86_400},
}
ANSWER: list[Any] = [{**objects(CHAIN), "2.4.1": FEED}[name] for name in NAMES.object_ids()]
FULL = {"account": {"id": "1.2.6"}, "balances": [{"id": "2.5.6", "asset_type": "1.3.0"}]}
ACCOUNTS = [["init0", FULL]]
ASKED = ChainSettings((), (WitnessSettings("init0", (ProducerSettings("a", ""),), ("USD",)),))


def only(*errors: type[ChainError]) -> Callable[[Callable[[], Any]], None]:
    def run(action: Callable[[], Any]) -> None:
        with contextlib.suppress(*errors):  # the only ways out but an answer
            action()

    return run


@settings(max_examples=600, deadline=None)
@given(st.one_of(ODD, spoiled(CHAIN.raw[UPDATED.number])))
def test_a_spoiled_block_is_refused_or_followed_but_breaks_nothing(data: Any) -> None:
    follower = Follower(PREFIX, 600)
    follower.begin(CHAIN.blocks[13:-1], READING_BEFORE)
    before = follower.entries()

    def take() -> None:
        block = parse_block(data)
        applied = follower.apply(block)
        assert applied.id == UPDATED.id
        # An update can be hidden behind an unknown operation, but none can be made up.
        updates = {(update.witness, update.new_key) for update in applied.updates}
        assert updates <= {("1.6.2", DevKey("other").text(PREFIX))}

    only(ChainError)(take)
    assert follower.entries()[: len(before)] == before


@settings(max_examples=600, deadline=None)
@given(st.one_of(ODD, spoiled(ANSWER)))
def test_a_spoiled_reading_is_refused_or_can_be_used(reply: Any) -> None:
    def take() -> None:
        reading = parse_reading(NAMES, reply)
        follower = Follower(PREFIX, 600)
        follower.holds(reading.head_id)
        follower.begin(CHAIN.blocks[13:], reading)
        follower.learn(reading)
        follower.next_slots()
        follower.provisional_misses(reading.head_time + 9.0)
        times = (*reading.others_feeds.values(), *reading.feed_lifetimes.values())
        for figure in reading.witnesses["init0"].votes, *reading.balances.values(), *times:
            float(figure)

    only(ChainError)(take)


VOTED = [{"id": "1.6.1", "vote_id": "1:0", "total_votes": "3"}, {"id": "1.6.2", "vote_id": "1:1"}]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(ODD, spoiled([["init0", "1.6.1"], ["init1", "1.6.2"]])),
    st.one_of(ODD, spoiled(VOTED)),
)
def test_spoiled_votes_are_refused_or_can_be_used(listed: Any, reply: Any) -> None:
    def take() -> None:
        ranking = parse_ranking(parse_ids(listed), reply, 0)
        json.dumps([ranking.rank("1.6.1"), float(ranking.first_outside(()) or 0)])

    only(MalformedDataError)(take)


@settings(max_examples=300, deadline=None)
@given(st.one_of(ODD, spoiled(ACCOUNTS)), st.one_of(ODD, spoiled(objects(CHAIN)["1.6.1"])), ODD)
async def test_spoiled_names_are_refused_as_such(full: Any, witness: Any, asset: Any) -> None:
    class Client:
        name = "eu"

        async def call(self, _api: str, method: str, *_params: Any) -> Any:
            answers = {"get_full_accounts": full, "get_witness_by_account": witness}
            return answers.get(method, [asset])

        async def call_for_text(self, api: str, method: str, *params: Any) -> str:
            return json.dumps(await self.call(api, method, *params))

    client: Any = Client()
    try:
        names = await resolve_names(client, ASKED)
    except BadReplyError:
        return
    assert all(isinstance(each, str) for each in names.object_ids())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), ODD.map(json.dumps), spoiled([{"id": 1}]).map(json.dumps)))
def test_an_odd_message_is_refused_or_passed_over(message: str | bytes) -> None:
    connection: Any = None
    client = NodeClient("eu", connection, 1.0)
    only(BadReplyError)(lambda: client._sort(message))


@pytest.mark.parametrize(
    ("member", "odd"),
    [
        ("previous", "f" * 40),
        ("previous", UPDATED.previous.upper()),
        ("previous", ""),
        ("witness", "1.6.07"),
        ("witness", "1.2.7"),
        ("witness", "7.7"),
        ("transaction_merkle_root", UPDATED.merkle_root + "00"),
        ("timestamp", "2027-1-15T8:00:00"),
        ("timestamp", "2027-01-15T08:00:00Z"),
        ("timestamp", "2027-01-15T08:00:60"),
        ("timestamp", "\uff12027-01-15T08:00:00"),
    ],
)
def test_a_header_in_another_spelling_is_refused(member: str, odd: str) -> None:
    with pytest.raises(MalformedDataError):
        parse_block({**CHAIN.raw[UPDATED.number], member: odd})


def test_a_url_that_is_no_unicode_can_still_be_shown() -> None:
    answer = copy.deepcopy(ANSWER)
    answer[3]["url"] = "https://\ud800.example"
    assert parse_reading(NAMES, answer).witnesses["init0"].url == "https://?.example"


def _reading_before() -> Any:
    chain = ForgedChain()
    chain.run(27)
    assert chain.id == UPDATED.previous
    return chain.reading()


READING_BEFORE = _reading_before()
