"""The comparison itself: what it lets pass, and what it reports."""

from __future__ import annotations

import pytest

from .shape import differences, error_differences, form, reply_differences


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "boolean"),
        (7, "integer"),
        ("1000000000000000", "integer"),
        ("1.6.7", "id 1.6.x"),
        ("1:0", "vote 1:x"),
        ("2026-11-21T08:18:36", "time"),
        ("BTS5zBtsGpAzNjMnsCuZEX7c5N996pbiZ7VNds9SZrJse71qaBwAj", "key"),
        ("00" * 20, "40 hex digits"),
        ("", "text"),
        ("init0", "text"),
    ],
)
def test_a_value_has_a_form(value: object, expected: str) -> None:
    assert form(value) == expected


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"a": 1, "b": "1.6.1"}, {"b": "1.6.4", "a": 99}),
        ("", "http://somewhere"),
        (5, "4294967296"),
        ("4294967296", 5),
        ([], []),
        ([["init0", "1.6.1"]], [["init1", "1.6.2"], ["init2", "1.6.3"]]),
        ([{"id": "1.6.1", "key": 1}, None], [{"id": "1.6.3", "key": 2}, None]),
        ([{"fee": 1}, {"basic_fee": 1}], [{"basic_fee": 5}]),
    ],
)
def test_the_same_form_passes_whatever_the_figures(recorded: object, live: object) -> None:
    assert differences(recorded, live) == []


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": None}, {"a": 1}),
        (1, "1"),
        (1, 4294967296),
        (1, 1.5),
        (True, 1),
        ("1.6.1", "1.2.6"),
        ("00" * 20, "00" * 32),
        ("2026-11-21T08:18:36", "2026-11-21 08:18:36"),
        ([], [1]),
        ([1], []),
        ([1, "a"], [1]),
        ([{"a": 1}], [{"a": 1}, {"b": 1}]),
        (
            {"recent_slots_filled": "340282366920938463463374607431768211455"},
            {"recent_slots_filled": 5},
        ),
    ],
)
def test_another_form_is_reported(recorded: object, live: object) -> None:
    assert differences(recorded, live) != []


def test_a_difference_names_its_place() -> None:
    found = differences({"a": [{"b": 1}]}, {"a": [{"b": "text"}]})
    assert found == [".a[0].b is text ('text') instead of integer"]


CONTEXT = {
    **{"level": "error", "file": "x.cpp", "line": 1, "method": "m", "hostname": ""},
    **{"thread_name": "t", "timestamp": "2026-11-21T08:18:36"},
}
ENTRY = {"context": CONTEXT, "format": "x", "data": {"a": 1}}
DATA = {"code": 10, "name": "assert_exception", "message": "Assert Exception", "stack": [ENTRY]}
MESSAGE = "Execution error: Assert Exception: Transaction '{}' is already there"
ERROR = {"code": 10, "message": MESSAGE.format("0a" * 20), "data": DATA}


def test_errors_are_alike_in_spite_of_other_ids_lines_and_details() -> None:
    entry = {"context": CONTEXT | {"line": 9}, "format": "y", "data": {}}
    data = DATA | {"stack": [entry, entry]}
    live = {"code": 10, "message": MESSAGE.format("1b" * 20), "data": data}
    assert error_differences(ERROR, live) == []


@pytest.mark.parametrize(
    "change",
    [
        {"code": 11},
        {"message": "Execution error: something else"},
        {"data": DATA | {"name": "exception"}},
        {"data": DATA | {"stack": []}},
        {"data": DATA | {"stack": [{"format": "", "data": {}}]}},
    ],
)
def test_an_error_of_another_code_message_name_or_stack_is_reported(
    change: dict[str, object],
) -> None:
    assert error_differences(ERROR, ERROR | change) != []


def test_a_result_instead_of_an_error_is_reported() -> None:
    assert reply_differences({"id": 1, "error": ERROR}, {"id": 1, "result": None}) != []
