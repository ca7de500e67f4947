"""What a node's JSON may be, before anything is taken from it."""

from __future__ import annotations

import pytest

from chains.bitshares.wire import parse_json
from chains.errors import MalformedDataError


@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 5000])
def test_a_number_that_nothing_can_be_reckoned_with_is_no_json(text: str) -> None:
    for message in (text, f'{{"id": 1, "result": [{text}]}}'.encode()):
        with pytest.raises(MalformedDataError, match="sent a message that is not JSON"):
            parse_json(message)


def test_numbers_that_are_some_are_read() -> None:
    assert parse_json('[1, -2.5, 1e3, "NaN"]') == [1, -2.5, 1000.0, "NaN"]


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_lists_and_objects_lie_250_deep_within_each_other_at_most(brackets: str) -> None:
    opening, closing = ("[", "]") if brackets == "[]" else ('{"a":', "}")

    def nested(depth: int) -> str:
        return opening * (depth - 1) + brackets + closing * (depth - 1)

    for depth in (1, 249, 250):
        parse_json(nested(depth))
    for depth in (251, 500, 900):
        with pytest.raises(MalformedDataError, match="more than 250 deep"):
            parse_json(f"[[1], {nested(depth - 1)}, 2]")
    with pytest.raises(MalformedDataError):
        parse_json(nested(100_000))


def test_many_lists_beside_each_other_are_not_deep() -> None:
    assert parse_json("[" + "[{}]," * 999 + "[]]") == [[{}]] * 999 + [[]]
    assert parse_json('["' + "[" * 999 + '"]') == ["[" * 999]
