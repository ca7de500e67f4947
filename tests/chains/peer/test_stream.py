"""A chain is taken apart while it comes, wherever it is cut, and nothing invalid passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.errors import InvalidBlockError
from chains.peer.blocks import MOST_BLOCK, PeerBlock, verify
from chains.peer.stream import Whole

from .made import EASY, forged, tip_of, whole

CHAIN = forged(12)
WHOLE = whole(CHAIN)
ACCENTED = forged(6, by="h\u00e9l\u00e8ne \U0001f600")


def taken(body: bytes, size: int = 1_000_000) -> tuple[Whole, list[PeerBlock]]:
    state, blocks = Whole(EASY), list[PeerBlock]()
    for start in range(0, len(body), size):
        state, more = state.fed(body[start : start + size])
        blocks += more
    state.finished()
    return state, blocks


forms = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 0, 3]), "ensure_ascii": st.booleans()},
    optional={"separators": st.just((",", ":")), "sort_keys": st.just(True)},
)
beside = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name not in ("chain", "length")),
    st.one_of(st.text(), st.integers(), st.lists(st.booleans()), st.none(), st.floats(0, 1)),
    max_size=3,
)


@settings(max_examples=60)
@given(forms, beside, beside, st.permutations(["chain", "length"]), st.integers(1, 400))
def test_a_chain_is_the_same_however_it_is_written_and_cut(
    form: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    order: list[str],
    size: int,
) -> None:
    chain = ACCENTED
    said: dict[str, Any] = {"chain": chain, "length": 6}
    members = {**before, **{name: said[name] for name in order}}
    members.update({name: value for name, value in after.items() if name not in members})
    body = json.dumps(members, **form).encode()
    state, blocks = taken(body, size)
    assert blocks == verify(None, chain, EASY)
    assert (state.trail.length, state.trail.tip) == (6, tip_of(chain))


@given(st.binary(max_size=60), st.integers(0, len(WHOLE)), st.integers(1, 700))
def test_bytes_changed_anywhere_are_invalid_or_change_nothing(
    other: bytes, position: int, size: int
) -> None:
    body = WHOLE[:position] + other + WHOLE[position + len(other) :]
    try:
        chain = json.loads(body.decode())["chain"]
        expected = verify(None, chain, EASY)
        lied = json.loads(body.decode())["length"] != len(chain)
    except (ValueError, KeyError, TypeError, InvalidBlockError):
        expected, lied = [], True
    if lied:
        with pytest.raises(InvalidBlockError):
            taken(body, size)
    else:
        assert taken(body, size)[1] == expected


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_other_json_is_no_chain(value: Any) -> None:
    with pytest.raises(InvalidBlockError):
        taken(json.dumps(value).encode())


@given(st.binary(max_size=200), st.integers(1, 50))
def test_other_bytes_are_no_chain(body: bytes, size: int) -> None:
    with pytest.raises(InvalidBlockError):
        taken(body, size)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (WHOLE[:-1], "ends in the middle"),
        (WHOLE[:500], "ends in the middle"),
        (WHOLE + b"{}", "behind it"),
        (b'{"length": 0}', "no chain"),
        (b"{}", "no chain"),
        (b'{"chain": {}, "length": 0}', "no chain"),
        (b'{"chain": [], "chain": [], "length": 0}', "two chains"),
        (b'{"chain": [' + b"[" * 100_000, "nested too deeply"),
        (b'{"x": ' + b'{"x":' * 100_000, "nested too deeply"),
        (b'{"length": ' + b"1" * 5000 + b"}", "too many digits"),
        (b'{"chain": [{"index": "' + b"x" * (MOST_BLOCK + 1), "more than"),
        (b'{"' + b"x" * 20_000, "no JSON"),
        (b'{"a": "' + b"x" * (MOST_BLOCK + 1), "more than"),
        (b" " * 100_000, "space"),
        (b"[" + WHOLE + b"]", "no JSON, or no chain"),
        (b'{"chain": [nul', "ends in the middle"),
        (b'{"chain": [1 2]}', "form"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"chain": [], "length": 1}', "length"),
        (b'{"chain": [], "length": -0.0}', "length"),
        (b'{"chain": [], "length": 1e999}', "length"),
    ],
)
def test_what_is_wrong_is_told(body: bytes, said: str) -> None:
    with pytest.raises(InvalidBlockError, match=said):
        taken(body)


@pytest.mark.parametrize("value", ["0.5", "-0.0", "1e5", "1E-7", "-Infinity", "NaN", "null", "-12"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_number_that_is_cut_is_read_to_its_end(value: str, size: int) -> None:
    state, _ = taken(f'{{"a": {value}, "chain": [], "length": 0}}'.encode(), size)
    assert state.claimed == 0


def test_what_is_wrong_first_is_told_first() -> None:
    chain = [*CHAIN[:4], {**CHAIN[4], "proof": -1}, *CHAIN[5:]]
    with pytest.raises(InvalidBlockError, match="block 5: form"):
        taken(whole(chain)[:-20] + b"garbage")


def test_an_empty_chain_is_none_of_anybodys_business() -> None:
    assert taken(b'{"chain": [], "length": 0}')[0].trail.length == 0


def test_a_state_can_be_gone_on_from_more_than_once() -> None:
    half, _ = Whole(EASY).fed(WHOLE[:1000])
    one, _ = half.fed(WHOLE[1000:])
    two, _ = half.fed(WHOLE[1000:])
    assert one == two or (one.trail.tip, one.rest) == (two.trail.tip, two.rest)
    assert one.trail.tip == tip_of(CHAIN)
