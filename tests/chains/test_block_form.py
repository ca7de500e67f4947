"""What a node sends as a block is refused in words unless it has a block's form to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from chains.bitshares.blocks import number_of, parse_block
from chains.errors import MalformedDataError
from devnet.keys import DevKey
from tests.support.chain import ForgedChain

CHAIN = ForgedChain()
CHAIN.run(3)
BLOCK = CHAIN.produce(updates={"1.6.2": DevKey("other")})
RAW = CHAIN.raw[BLOCK.number]
LONG = "1.7." + "1" * 90
PAIRS = "a transaction's operations are not [number, object] pairs"


def test_height_is_in_the_first_four_bytes_of_an_id() -> None:
    assert number_of("0" * 7 + "a" + "f" * 32) == 10
    assert number_of(BLOCK.id) == BLOCK.number == 4


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "extensions": ({"extensions": [[0, 1]]}, "header extensions can't be serialised here"),
    "no witness": ({"witness": LONG}, f"'{LONG[:40]}' is no id of 1.6.x"),
    "no id before it": ({"previous": LONG}, f"'{LONG[:80]}' is not 20 bytes as hex digits"),
    "an id in capitals": (
        {"previous": "AB" * 20},
        f"'{'AB' * 20}' is not 20 bytes as hex digits",
    ),
    "no merkle root": (
        {"transaction_merkle_root": "0"},
        "'0' is not 20 bytes as hex digits",
    ),
    "operations without a number": ({"transactions": [{"operations": [["0", {}]]}]}, PAIRS),
    "operations without a body": ({"transactions": [{"operations": [[0, []]]}]}, PAIRS),
    "no text": (
        {"witness_signature": "zz"},
        "not a block: ValueError('non-hexadecimal number found in fromhex() arg at position 0')",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_it_is_said(case: str) -> None:
    changes, said = WRONG[case]
    with pytest.raises(MalformedDataError) as error:
        parse_block({**RAW, **changes})
    assert str(error.value) == said


@pytest.mark.parametrize("member", sorted(RAW))
def test_no_member_may_be_missing(member: str) -> None:
    lacking = {name: value for name, value in RAW.items() if name != member}
    with pytest.raises(MalformedDataError) as error:
        parse_block(lacking)
    assert str(error.value) == f"not a block: KeyError('{member}')"
