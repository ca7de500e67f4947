"""An odd answer to `understudy check` or `init` is told as its node's trouble, and ends no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from chains.bitshares.canvass import canvass
from chains.bitshares.inquiry import WitnessSeen, look_for_witness
from chains.bitshares.survey import Holding
from chains.errors import BadReplyError
from tests.support.chain import PREFIX, ForgedChain
from tests.support.scripted import ScriptedNode, scripted

CHAIN = ForgedChain()
CHAIN.run(8)
KEY = CHAIN.keys["1.6.1"].text(PREFIX)
PART = {"weight_threshold": 1, "account_auths": [], "key_auths": [[KEY, 1]]}
OWNER = {
    "id": "1.2.6",
    "name": "init0",
    "active": PART,
    "owner": PART,
    "options": {"memo_key": KEY},
}


class Bank(ScriptedNode):
    """A node that knows of accounts, and writes raw text in the place of one value."""

    def __init__(self, place: str = "", raw: str = "") -> None:
        super().__init__(CHAIN)
        self.place, self.raw = place, raw

    def result(self, method: str, args: Sequence[Any]) -> Any:
        match method:
            case "get_key_references":
                return [["1.2.6"] for _key in args[0]]
            case "get_account_references":
                return []
            case "get_account_balances":
                return [{"asset_id": "1.3.0", "amount": 500}]
            case "get_required_fees":
                return [{"asset_id": "1.3.0", "amount": 7}]
            case "get_objects" if "1.2.6" in args[0]:
                found = dict(zip(args[0], super().result(method, args), strict=True))
                return [*(found | {"1.2.6": OWNER}).values()]
        return super().result(method, args)

    async def reply(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        _api, method, args = request["params"]
        answer = json.dumps({"id": request["id"], "result": self.result(method, args)})
        await connection.send(answer.replace(self.place, self.raw) if self.place else answer)


NESTED = "[" * 960 + "]" * 960
NUMBERS = {"amount": (500, 7), "weight_threshold": (1,)}
RAW = ("1e999", "-1e999", "NaN", "Infinity", "1.5", "true", '"x"', '" 5"', "-1", "9" * 40, NESTED)


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, some in NUMBERS.items() for number in some]
)
@pytest.mark.parametrize("raw", RAW)
async def test_a_number_that_is_none_is_that_nodes_trouble_alone(
    name: str, number: int, raw: str
) -> None:
    odd = Bank(f'"{name}": {number}', f'"{name}": {raw}')
    async with scripted(odd, Bank(), Bank()) as settings:
        said = await canvass(settings, [KEY])
    assert set(said.surveys) == {"n1", "n2"}
    assert isinstance(said.troubles["n0"], BadReplyError)
    assert said.agreed is not None
    assert said.agreed.holdings == {"1.2.6": Holding(500, 0)}
    assert said.agreed.fee == 7


@pytest.mark.parametrize("raw", [NESTED, "1e999"])
async def test_a_text_that_is_none_is_that_nodes_trouble_alone(raw: str) -> None:
    odd = Bank(f'"memo_key": "{KEY}"', f'"memo_key": {raw}')
    async with scripted(odd, Bank(), Bank()) as settings:
        said = await canvass(settings, [KEY])
    assert set(said.surveys) == {"n1", "n2"}
    assert isinstance(said.troubles["n0"], BadReplyError)


async def test_another_object_than_was_asked_for_is_no_answer() -> None:
    async with scripted(Bank('"1.2.6", "name"', '"1.2.7", "name"'), Bank(), Bank()) as settings:
        said = await canvass(settings, [KEY])
    assert set(said.surveys) == {"n1", "n2"}
    assert isinstance(said.troubles["n0"], BadReplyError)


async def test_a_fee_in_another_asset_is_no_fee() -> None:
    odd = Bank('"1.3.0", "amount": 7', '"1.3.5", "amount": 7')
    async with scripted(odd, Bank(), Bank()) as settings:
        said = await canvass(settings, [KEY])
    assert isinstance(said.troubles["n0"], BadReplyError)
    assert said.agreed is not None
    assert said.agreed.fee == 7


@pytest.mark.parametrize("raw", RAW)
async def test_who_sets_out_to_watch_a_witness_is_told_of_a_number_that_is_none(raw: str) -> None:
    async with scripted(Bank('"weight_threshold": 1', f'"weight_threshold": {raw}')) as settings:
        with pytest.raises(BadReplyError):
            await look_for_witness(settings.nodes[0], "init0", 1.0)
    async with scripted(Bank()) as settings:
        seen = await look_for_witness(settings.nodes[0], "init0", 1.0)
    assert isinstance(seen, WitnessSeen)
    assert seen.account.authorities.active.weights == {KEY: 1}
