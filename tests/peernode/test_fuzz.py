"""Whatever a caller sends becomes something that every node can read, or one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chains.peer.addresses import Guard
from chains.peer.blocks import verify
from chains.peer.encoding import encode
from peernode.errors import RefusedError
from peernode.registration import parse_nodes
from peernode.transactions import parse_object, parse_transaction
from tests.peernode.made import EASY, first, paid

_TEXT = st.text(st.characters(), max_size=20)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | _TEXT
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b"\x00\x00\x00{")
@example(b'{"a":' * 5000)
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except RefusedError as refused:
        assert len(str(refused).splitlines()) == 1


@given(_JSON, _JSON)
def test_taken_transaction_is_hashed_alike_by_whoever_reads_the_block(
    sender: Any, amount: Any
) -> None:
    try:
        transaction = parse_transaction(json.dumps(paid("x", amount) | {"sender": sender}).encode())
    except RefusedError:
        with pytest.raises(ValueError, match="JSON compliant"):
            json.dumps([sender, amount], allow_nan=False)
        return
    last = first()
    block = {
        "index": 2,
        "timestamp": 1.5,
        "transactions": [transaction],
        "proof": next(p for p in range(10**6) if EASY.holds(last.proof, p, last.hash)),
        "previous_hash": last.hash,
    }
    [verified] = verify(last, [json.loads(json.dumps(block))], EASY)
    assert verified.body == json.dumps(block, sort_keys=True).encode() == encode(block)


@given(st.lists(_JSON | st.builds("{}://{}:{}".format, _TEXT, _TEXT, _TEXT), max_size=3))
@example(["http://[::ffff:127.0.0.1%1]:5000"])
@example(["http://0x7f.1", "http://2130706433", "http://127.1:80"])
@example(["http://\u2460\u2461\u2466.0.0.1:80"])
@example(["HTTP://LOCALHOST."])
def test_only_addresses_that_may_be_called_are_registered(nodes: list[Any]) -> None:
    guard = Guard()
    try:
        urls = parse_nodes({"nodes": nodes}, guard)
    except RefusedError as refused:
        assert len(str(refused).splitlines()) == 1
        return
    for url in urls:
        assert str(guard.url(url)) == url
        assert "127.0.0.1" not in url
