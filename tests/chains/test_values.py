"""Ids and integers have one spelling: what a node writes otherwise is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chains.bitshares.transactions import pack_transaction
from chains.bitshares.values import ACCOUNT, WITNESS, instance, whole_number
from chains.errors import MalformedDataError
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain

LONGEST = "1.6." + "9" * 15
CHAIN = ForgedChain()
UPDATE = CHAIN.produce(updates={"1.6.2": DevKey("other")}, salt="hi").transactions[0]
TRANSFER = {
    **UPDATE,
    "operations": [
        [
            0,
            {
                "fee": {"amount": 5, "asset_id": "1.3.0"},
                "from": "1.2.6",
                "to": "1.2.7",
                "amount": {"amount": "5000000000", "asset_id": "1.3.1"},
            },
        ]
    ],
}


def test_an_id_has_the_number_after_its_kind() -> None:
    assert [instance(f"1.6.{n}", WITNESS) for n in (0, 7, 10)] == [0, 7, 10]
    assert instance(LONGEST, WITNESS) == 10**15 - 1


@pytest.mark.parametrize(
    "spelt",
    [
        *("1.6.07", "1.06.7", "01.6.7", "1.2.7", "11.6.7", "1.6.", "1.6.-7", "1.6.7 ", " 1.6.7"),
        *("7", "1.6.7.8", "1.6.\uff17", "1.6.7\n", LONGEST + "9"),
    ],
)
def test_an_id_in_another_spelling_is_none(spelt: str) -> None:
    with pytest.raises(MalformedDataError) as error:
        instance(spelt, WITNESS)
    assert str(error.value) == f"{spelt!r} is no id of 1.6.x"


def test_of_what_is_no_id_the_beginning_is_told() -> None:
    with pytest.raises(MalformedDataError) as error:
        instance("x" * 41, ACCOUNT)
    assert str(error.value) == f"'{'x' * 40}' is no id of 1.2.x"


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), ("0", 0), (7, 7), ("7", 7), (str(2**64 - 1), 2**64 - 1)]
)
def test_an_integer_is_one_or_its_digits(value: Any, number: int) -> None:
    assert whole_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        *(-1, "-1", 2**64, str(2**64), "9" * 5000, 1.0, float("inf"), float("nan"), True, None, ""),
        *("07", "+7", " 7", "7 ", "7_0", "7.0", "1e3", "\uff17", [7], {"7": 7}),
    ],
)
def test_what_is_no_integer_is_refused(value: Any) -> None:
    with pytest.raises(MalformedDataError) as error:
        whole_number(value)
    assert str(error.value) == f"{value!r:.40} is not an integer from 0 to {2**64 - 1}"


def test_an_integer_may_be_below_zero_where_its_bounds_are() -> None:
    assert [whole_number(n, 7, least=-7) for n in (-7, "-7")] == [-7, -7]


def test_an_integer_has_bounds() -> None:
    assert [whole_number(n, 7, least=5) for n in (5, "7")] == [5, 7]
    for value in (4, "8"):
        with pytest.raises(MalformedDataError, match="from 5 to 7"):
            whole_number(value, 7, least=5)


OTHERWISE: dict[str, list[Any]] = {
    "1.6.2": ["1.06.2", "1.2.2"],
    "1.2.6": ["1.02.6", "1.6.6"],
    "1.2.7": ["1.2.07", "1.3.7"],
    "1.3.0": ["1.03.0", "1.2.0"],
    "1.3.1": ["1.03.1", "2.3.1"],
    "amount": ["05000000000", "-05", "-0", " 5", 5.5, float("inf"), True, 2**63],
    "ref_block_num": ["00", 0.5, False, 2**16],
    "ref_block_prefix": ["00", 0.5, False, 2**32],
}


def respelt(value: Any, known: str, odd: Any) -> Any:
    """Return a JSON value with a text, or the member of a name, replaced wherever it is."""
    if isinstance(value, list):
        return [respelt(each, known, odd) for each in value]
    if isinstance(value, dict):
        return {
            name: odd if name == known and not isinstance(each, dict) else respelt(each, known, odd)
            for name, each in value.items()
        }
    return odd if value == known else value


@pytest.mark.parametrize(
    ("transaction", "known", "odd"),
    [
        (transaction, known, odd)
        for transaction in (UPDATE, TRANSFER)
        for known, odds in OTHERWISE.items()
        if f'"{known}"' in json.dumps(transaction)
        for odd in odds
    ],
)
def test_a_transaction_in_another_spelling_has_no_binary_form(
    transaction: dict[str, Any], known: str, odd: Any
) -> None:
    pack_transaction(transaction, PREFIX)
    with pytest.raises(MalformedDataError):
        pack_transaction(respelt(transaction, known, odd), PREFIX)
