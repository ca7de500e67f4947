"""What many nodes say alike is taken apart once, and never taken for what another one said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chains.bitshares.alike import Alike
from chains.bitshares.names import resolve_names
from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.readings import Readings
from chains.errors import MalformedDataError, NodeRefusedError
from chains.settings import ChainSettings, WitnessSettings
from tests.support.chain import ForgedChain
from tests.support.scripted import ScriptedNode

CHAIN = ForgedChain()
CHAIN.run(21)
MANY = 120


def ids(account: str, number: int) -> WitnessIds:
    return WitnessIds(account, f"1.2.{number + 5}", f"1.6.{number}", f"2.5.{number + 5}")


NAMES = Names((ids("init0", 1), ids("init1", 2)))


def answer(names: Names = NAMES) -> str:
    return json.dumps(ScriptedNode(CHAIN).result("get_objects", [names.object_ids()]))


def test_the_same_answer_of_two_nodes_is_one_reading() -> None:
    readings = Readings()
    assert readings.of(NAMES, answer()) is readings.of(NAMES, answer())


def test_an_answer_that_differs_in_one_figure_is_read_by_itself() -> None:
    readings = Readings()
    readings.of(NAMES, answer())
    other = answer().replace('"total_missed": 0', '"total_missed": 7', 1)
    assert readings.of(NAMES, other).witnesses["init0"].total_missed == 7
    assert readings.of(NAMES, answer()).witnesses["init0"].total_missed == 0


def test_a_node_that_calls_witnesses_otherwise_harms_its_own_reading_only() -> None:
    readings = Readings()
    swapped = Names((ids("init1", 1), ids("init0", 2)))
    assert swapped.object_ids() == NAMES.object_ids()
    for _ in range(2):
        assert readings.of(swapped, answer()).witnesses["init0"].id == "1.6.2"
        assert readings.of(NAMES, answer()).witnesses["init0"].id == "1.6.1"


def test_an_answer_without_sense_is_refused_each_time_it_comes() -> None:
    readings = Readings()
    for _ in range(2):
        with pytest.raises(MalformedDataError):
            readings.of(NAMES, "[]")


def test_as_many_answers_are_kept_as_were_asked_for() -> None:
    made: list[str] = []

    def make(text: str) -> str:
        made.append(text)
        return text.upper()

    alike: Alike[str] = Alike(2)
    for text in ("a", "b", "a", "c", "a", "b"):
        assert alike.of(text, make) == text.upper()
    assert made == ["a", "b", "c", "b"]


class Asked:
    """Answers as the node of a chain with many witnesses, and counts the calls."""

    name = "eu"

    def __init__(self, listed: Any) -> None:
        self.node = ScriptedNode(ForgedChain(MANY))
        self.listed = listed
        self.calls: list[str] = []

    async def call(self, _api: str, method: str, *args: Any) -> Any:
        self.calls.append(method)
        if method != "lookup_witness_accounts":
            return self.node.result(method, args)
        if self.listed is None:
            raise NodeRefusedError(self.name, 10, "limit <= 100")
        return self.listed

    async def call_for_text(self, api: str, method: str, *args: Any) -> str:
        return json.dumps(await self.call(api, method, *args))


async def names_of(listed: Any) -> tuple[Names, list[str]]:
    accounts = (*(f"init{i}" for i in range(MANY)),)
    asked: Any = Asked(listed)
    witnesses = tuple(WitnessSettings(account, ()) for account in accounts)
    return await resolve_names(asked, ChainSettings((), witnesses)), asked.calls


EVERY = [[f"init{i}", f"1.6.{i + 1}"] for i in range(MANY)]


async def test_many_witnesses_are_found_with_few_calls() -> None:
    names, calls = await names_of(EVERY)
    assert names == Names(tuple(ids(f"init{i}", i + 1) for i in range(MANY)))
    assert calls == ["lookup_witness_accounts", *["get_full_accounts"] * 3]


FULL = [*EVERY[:70], *([f"other{i}", f"1.6.{i + 500}"] for i in range(930))]


@pytest.mark.parametrize(("listed", "asked"), [(None, MANY), ([], MANY), (FULL, MANY - 70)])
async def test_witnesses_that_no_list_has_are_asked_for_one_by_one(listed: Any, asked: int) -> None:
    names, calls = await names_of(listed)
    assert names == Names(tuple(ids(f"init{i}", i + 1) for i in range(MANY)))
    assert calls.count("get_witness_by_account") == asked


async def test_an_account_that_a_whole_list_lacks_is_no_witness() -> None:
    names, calls = await names_of(EVERY[1:])
    assert names.unknown == ("account 'init0' is no witness on this chain",)
    assert "get_witness_by_account" not in calls
