"""A block is what Python's json.dumps makes of it, whatever is in it, and is verified as such."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.errors import ChainError, InvalidBlockError, MalformedDataError
from chains.peer.blocks import (
    MOST_BLOCK,
    MOST_PROOF,
    PeerBlock,
    Proof,
    Rule,
    encode,
    hash_of,
    identified,
    verify,
)
from chains.peer.encoding import MOST_NESTED
from chains.peer.lines import Lines, verify_lines

from .made import block, forged

ANY = Proof(Rule.PAIR, zeros=0)
FIRST = forged(1)[0]

numbers = st.one_of(
    st.integers(), st.floats(), st.integers(-(10**30), 10**30), st.sampled_from([0, -0.0, 1e16])
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(st.characters())),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
usual = st.fixed_dictionaries(
    {
        "sender": st.one_of(st.text(), values),
        "recipient": st.text(st.characters()),
        "amount": st.one_of(st.integers(), values),
    },
    optional={"more": values},
)
blocks = st.fixed_dictionaries(
    {
        "index": st.one_of(st.integers(), values),
        "timestamp": st.one_of(st.floats(), st.integers(), values),
        "transactions": st.lists(st.one_of(usual, values), max_size=3),
        "proof": st.integers(0, 2**64 - 1),
    }
)


def following(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "previous_hash": hash_of(encode(FIRST))}


def dumped(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True).encode()


@settings(max_examples=50)
@given(blocks)
def test_a_blocks_hash_is_that_of_its_json_with_sorted_keys(data: dict[str, Any]) -> None:
    data = following(data)
    found = verify(None, [FIRST, data], ANY)[-1]
    assert found.body == dumped(data)
    assert found.hash == hashlib.sha256(dumped(data)).hexdigest()


@settings(max_examples=50)
@given(blocks, st.booleans())
def test_a_line_is_worth_what_is_in_it(data: dict[str, Any], canonical: bool) -> None:
    data = following(data)
    line = (
        dumped(data)
        if canonical
        else json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    first = verify(None, [FIRST], ANY)[0]
    try:
        expected = verify(first, [json.loads(line.decode())], ANY)
    except (ValueError, ChainError):
        with pytest.raises(InvalidBlockError):
            verify_lines(first, [line], ANY)
    else:
        assert verify_lines(first, [line], ANY) == expected


stamps = st.one_of(
    st.floats(0, 1e18).map(repr),
    st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,18})?(e[+-]?[0-9]{1,3})?", fullmatch=True),
)
texts = st.one_of(
    st.text(st.characters(max_codepoint=0x7F)),
    st.sampled_from(["\\u0041", "\\/", "\x7f", "é", "\\"]),
)
whole_numbers = st.from_regex(r"-?[0-9]{1,30}", fullmatch=True)


@given(stamps, texts, whole_numbers, whole_numbers, st.sampled_from([", ", ",", ",  "]))
def test_a_line_that_only_looks_as_written_here_is_taken_apart(
    stamp: str, text: str, amount: str, proof: str, comma: str
) -> None:
    line = (
        f'{{"index": 2{comma}"previous_hash": "{hash_of(encode(FIRST))}", "proof": {proof}, '
        f'"timestamp": {stamp}, "transactions": [{{"amount": {amount}, "recipient": "{text}", '
        f'"sender": "0"}}]}}'
    ).encode()
    first = verify(None, [FIRST], ANY)[0]
    try:
        expected = verify(first, [json.loads(line)], ANY)
    except (ValueError, ChainError):
        with pytest.raises(InvalidBlockError):
            verify_lines(first, [line], ANY)
    else:
        assert verify_lines(first, [line], ANY) == expected


@given(values)
def test_nothing_but_a_block_is_taken_for_one(data: Any) -> None:
    with pytest.raises(InvalidBlockError) as error:
        verify(None, [FIRST, data], ANY)
    assert (error.value.number, error.value.reason) == (2, "form")


@given(st.binary(max_size=200))
def test_whatever_bytes_come_as_lines_nothing_else_than_that_they_are_invalid_happens(
    data: bytes,
) -> None:
    lines = Lines(None, ANY)
    with pytest.raises(InvalidBlockError):
        lines.fed(data + b"\n")


WRONG: list[Any] = [
    {"proof": 1.0},
    {"proof": True},
    {"proof": "1"},
    {"proof": -1},
    {"proof": 2**64},
    {"proof": None},
    {"transactions": None},
    {"transactions": {}},
    {"transactions": "[]"},
    {"more": 1},
]


FORM = {
    "proof": "its proof is no whole number of 64 bits",
    "transactions": "its transactions are no list",
    "more": "has not the members index, previous_hash, proof, timestamp, transactions",
}


@pytest.mark.parametrize("members", WRONG)
def test_a_block_of_another_form_is_invalid(members: dict[str, Any]) -> None:
    data = {**forged(2)[1], **members}
    with pytest.raises(InvalidBlockError) as error:
        verify(None, [FIRST, data], ANY)
    assert (error.value.number, error.value.reason) == (2, "form")
    assert str(error.value) == f"block 2: form: {FORM[next(iter(members))]}"


@pytest.mark.parametrize("previous", [0, 1.0, True, "01", None, "", "a" * 64, [1]])
def test_a_first_block_follows_1(previous: Any) -> None:
    with pytest.raises(InvalidBlockError) as error:
        verify(None, [block(1, 100, previous)], ANY)
    assert (error.value.number, error.value.reason) == (1, "first")
    assert str(error.value) == "block 1: first: its previous_hash is not 1"


def test_a_first_blocks_proof_is_100() -> None:
    with pytest.raises(InvalidBlockError) as error:
        verify(None, [block(1, 101, 1)], ANY)
    assert (error.value.number, error.value.reason) == (1, "first")
    assert str(error.value) == "block 1: first: its proof is not 100"


def test_a_first_block_of_another_form_is_told_as_the_first() -> None:
    with pytest.raises(InvalidBlockError, match="block 1: form: its proof is no whole number"):
        verify(None, [block(1, -1, 1)], ANY)


@pytest.mark.parametrize("previous", [1, "1"])
def test_both_forms_of_the_first_block_are_known(previous: Any) -> None:
    assert verify(None, [block(1, 100, previous)], ANY)[0].height == 1


@pytest.mark.parametrize("rule", [Proof(Rule.PAIR, 1), Proof(Rule.LINKED, 1), ANY])
def test_blocks_of_the_usual_shape_are_verified_the_quick_way(
    rule: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = forged(5, rule=rule)
    whole = verify(None, chain, rule)

    def slowly(*_: Any) -> PeerBlock:
        raise AssertionError("taken apart the slow way")

    monkeypatch.setattr("chains.peer.blocks._verified", slowly)
    assert verify(whole[0], chain[1:], rule) == whole[1:]
    if rule is ANY:
        for proof in (0, MOST_PROOF):
            [found] = verify(whole[0], [{**chain[1], "proof": proof}], rule)
            assert found.proof == proof


@pytest.mark.parametrize("proof", [0, MOST_PROOF])
def test_a_block_of_another_shape_may_have_any_proof_of_64_bits(proof: int) -> None:
    data = {**forged(2)[1], "timestamp": 5, "proof": proof}
    assert verify(None, [FIRST, data], ANY)[1].proof == proof


@pytest.mark.parametrize(
    "members",
    [
        {"index": True},
        {"index": 2.5},
        {"timestamp": math.inf},
        {"timestamp": -math.inf},
        {"timestamp": True},
        {"timestamp": 5},
        {"transactions": [{"amount": True, "recipient": "b", "sender": "a"}]},
        {"transactions": [{"amount": 1, "recipient": "b", "sender": "a", "more": 1}]},
    ],
)
def test_a_block_of_nearly_the_usual_shape_is_hashed_as_its_json(members: dict[str, Any]) -> None:
    data = {**forged(2)[1], **members}
    assert verify(None, [FIRST, data], ANY)[1].body == dumped(data)


@pytest.mark.parametrize(
    ("rule", "members", "said"),
    [
        (ANY, {"previous_hash": "ab" * 32}, "link: its previous_hash is not the last block's hash"),
        (Proof(Rule.PAIR, 64), {}, "proof: does not follow the last one"),
        (Proof(Rule.LINKED, 64), {}, "proof: does not follow the last one"),
    ],
)
def test_a_block_that_follows_another_one_or_none_is_invalid(
    rule: Proof, members: dict[str, Any], said: str
) -> None:
    for odd in ({}, {"timestamp": 5}):
        with pytest.raises(InvalidBlockError) as error:
            verify(None, [FIRST, {**forged(2)[1], **members, **odd}], rule)
        assert str(error.value) == f"block 2: {said}"
        assert (error.value.number, error.value.reason) == (2, said.split(":", maxsplit=1)[0])


@pytest.mark.parametrize("stamp", [1.5, 15], ids=["usual", "odd"])
def test_a_block_may_just_be_as_large_as_is_said(stamp: float) -> None:
    def of(size: int) -> dict[str, Any]:
        pays = {"amount": 1, "recipient": "x" * size, "sender": "0"}
        return following({"index": 2, "timestamp": stamp, "transactions": [pays], "proof": 1})

    room = MOST_BLOCK - len(dumped(of(0)))
    assert len(verify(None, [FIRST, of(room)], ANY)[1].body) == MOST_BLOCK
    with pytest.raises(InvalidBlockError) as error:
        verify(None, [FIRST, of(room + 1)], ANY)
    assert str(error.value) == "block 2: form: more than 1,048,576 bytes"
    assert error.value.reason == "form"


@pytest.mark.parametrize("rule", [Proof(Rule.PAIR, 2), Proof(Rule.LINKED, 2)])
def test_a_proof_has_to_follow_the_last_one_by_the_rule(rule: Proof) -> None:
    chain = forged(6, rule=rule)
    assert len(verify(None, chain, rule)) == 6
    other = Proof(Rule.LINKED if rule.rule is Rule.PAIR else Rule.PAIR, 2)
    with pytest.raises(InvalidBlockError, match="proof"):
        verify(None, chain, other)


def nested(depth: int) -> dict[str, Any]:
    inner: Any = []
    for _ in range(depth):
        inner = [inner]
    return following({"index": 2, "timestamp": 1, "transactions": inner, "proof": 1})


@pytest.mark.parametrize("text", ["[" * 1000, '"[' * 1000, "\\" * 1001 + "[" * 1000])
def test_brackets_within_a_text_nest_nothing(text: str) -> None:
    data = {**FIRST, "transactions": [{text: text}]}
    assert encode(data) == json.dumps(data, sort_keys=True).encode()


def test_a_block_that_is_nested_too_deeply_is_invalid_wherever_it_is_read() -> None:
    # Within the block itself and the innermost list there are two levels more.
    assert verify(None, [FIRST, nested(MOST_NESTED - 2)], ANY)
    for depth in (MOST_NESTED - 1, 5_000, 200_000):
        with pytest.raises(InvalidBlockError) as error:
            verify(None, [FIRST, nested(depth)], ANY)
        with pytest.raises(MalformedDataError) as reason:
            encode(nested(depth))
        assert (str(error.value), error.value.reason) == (f"block 2: form: {reason.value}", "form")
        line = b'{"transactions": ' + b"[" * depth + b"]" * depth + b"}"
        with pytest.raises(InvalidBlockError, match="form"):
            verify_lines(None, [line], ANY)


@pytest.mark.parametrize(
    "transactions",
    [
        pytest.param([1] * 400_000, id="without spaces it is smaller"),
        pytest.param(["\u00e9" * 300_000], id="in UTF-8 it is smaller"),
        pytest.param(
            [{"amount": 1, "recipient": "x" * MOST_BLOCK, "sender": "0"}], id="of the usual shape"
        ),
    ],
)
def test_a_block_is_too_large_however_it_is_written(transactions: list[Any]) -> None:
    data = following({"index": 2, "timestamp": 1.5, "transactions": transactions, "proof": 1})
    with pytest.raises(InvalidBlockError, match=r"block 2: form: more than 1,048,576 bytes"):
        verify(None, [FIRST, data], ANY)
    first = verify(None, [FIRST], ANY)[0]
    with pytest.raises(InvalidBlockError, match=r"block 2: form: more than 1,048,576 bytes"):
        verify_lines(first, [encode(data)], ANY)


def test_a_number_of_very_many_digits_is_invalid() -> None:
    data = following({"index": 10**5000, "timestamp": 1, "transactions": [], "proof": 1})
    with pytest.raises(InvalidBlockError, match="form"):
        verify(None, [FIRST, data], ANY)
    with pytest.raises(InvalidBlockError, match="form"):
        verify_lines(None, [b'{"index": ' + b"1" * 5000 + b"}"], ANY)


def test_what_is_no_json_at_all_can_not_be_written() -> None:
    for data in ({"a": {1, 2}}, {1: 2, "a": 3}):
        with pytest.raises(MalformedDataError):
            encode(data)  # type: ignore[arg-type]


def test_numbers_beyond_all_bounds_are_written_as_python_writes_them() -> None:
    data = following({"index": 2, "timestamp": math.inf, "transactions": [math.nan], "proof": 1})
    assert (
        b'"timestamp": Infinity, "transactions": [NaN]' in verify(None, [FIRST, data], ANY)[1].body
    )
    line = dumped(data)
    assert verify_lines(verify(None, [FIRST], ANY)[0], [line], ANY)[0].body == line


def test_of_members_given_twice_the_last_one_counts_as_for_existing_nodes() -> None:
    line = b'{"index": 9, ' + dumped(FIRST)[1:]
    assert verify_lines(None, [line], ANY) == verify(None, [FIRST], ANY)


def test_a_block_whose_hash_is_known_needs_no_other_proof() -> None:
    first = verify(None, [FIRST], ANY)[0]
    assert identified(1, first.hash, FIRST) == first
    with pytest.raises(InvalidBlockError) as error:
        identified(1, first.hash, {**FIRST, "timestamp": 0})
    assert str(error.value) == "block 1: hash: it is another block than its hash says"
    assert error.value.reason == "hash"


def test_verifying_goes_on_from_any_block() -> None:
    chain = forged(5)
    whole = verify(None, chain, ANY)
    last = PeerBlock(2, whole[1].hash, whole[1].proof, b"")
    assert verify(last, chain[2:], ANY) == whole[2:]
