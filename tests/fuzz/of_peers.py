"""What peers send, and what callers of a node of the peer chain do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from chains.errors import InvalidBlockError, PeerError
from chains.peer.addresses import Guard
from chains.peer.blocks import PeerBlock, Proof, Rule
from chains.peer.client import MOST_HEIGHTS, MOST_LENGTH, PeerClient, is_hash
from chains.peer.encoding import encode
from chains.peer.lines import Lines
from chains.peer.stream import Whole
from chains.settings import PeerSettings
from devnet.plain_chain import find_proof, hash_of
from peernode.errors import RefusedError
from peernode.registration import parse_nodes
from peernode.transactions import MOST_BYTES, parse_object, parse_transaction
from tests.fuzz.oracle import assert_proven
from tests.fuzz.scripted import ScriptedNetwork
from tests.fuzz.target import Target, cut, runner


def whole_chain(data: bytes) -> bool:
    """Take a `/chain` body (after two bytes: rule and size of the pieces) at once and in pieces."""
    if len(data) < 2:
        return False
    rule, body = _rule(data[0]), data[2:]
    at_once = _taken_whole(rule, [body])
    assert _taken_whole(rule, cut(body, data[1] + 1)) == at_once
    if at_once is not None:
        assert_proven(at_once, rule)
    return at_once is not None


def block_lines(data: bytes) -> bool:
    """Take a range of blocks, a JSON a line, at once and in pieces."""
    if len(data) < 2:
        return False
    rule, body = _rule(data[0]), data[2:]
    at_once = _taken_lines(rule, [body])
    assert _taken_lines(rule, cut(body, data[1] + 1)) == at_once
    if at_once is not None:
        assert_proven(at_once, rule)
    return at_once is not None


def head_answer(data: bytes) -> bool:
    """Take the answer to `/chain/head`."""
    head = _asked(data, lambda client: client.head(5))
    if head is not None:
        assert 0 <= head.length <= MOST_LENGTH
        assert is_hash(head.hash) if head.length else head.hash == ""
        assert head.at is None or is_hash(head.at)
    return head is not None


def hashes_answer(data: bytes) -> bool:
    """Take the answer to `/chain/hashes`."""
    heights = range(1, data[1] % MOST_HEIGHTS + 1) if len(data) > 1 else range(1)
    hashes = _asked(data, lambda client: client.hashes(heights))
    if hashes is not None:
        assert len(hashes) == len(heights)
        assert all(each is None or is_hash(each) for each in hashes)
    return hashes is not None


def new_transaction(data: bytes) -> bool:
    """Take what somebody posts to `/transactions/new`."""
    try:
        transaction = parse_transaction(data)
    except RefusedError as refused:
        _assert_told(refused)
        return False
    written = encode(transaction)
    assert len(written) <= MOST_BYTES
    assert json.loads(written) == transaction
    return True


def registered_nodes(data: bytes) -> bool:
    """Take what somebody posts to `/nodes/register`."""
    guard = Guard()
    try:
        urls = parse_nodes(parse_object(data), guard)
    except RefusedError as refused:
        _assert_told(refused)
        return False
    for url in urls:
        assert str(guard.url(url)) == url
    return True


# Inside


def _rule(number: int) -> Proof:
    return Proof(Rule.LINKED if number & 1 else Rule.PAIR, zeros=number >> 1 & 1)


def _taken_whole(rule: Proof, pieces: list[bytes]) -> list[PeerBlock] | None:
    whole, taken = Whole(rule), []
    try:
        for piece in pieces:
            whole, blocks = whole.fed(piece)
            taken += blocks
        whole.finished()
    except InvalidBlockError:
        return None
    assert whole.trail.length == len(taken)
    return taken


def _taken_lines(rule: Proof, pieces: list[bytes]) -> list[PeerBlock] | None:
    lines, taken = Lines(None, rule), []
    try:
        for piece in pieces:
            taken += lines.fed(piece)
        taken += lines.finished()
    except InvalidBlockError:
        return None
    return taken


def _asked(data: bytes, ask: Callable[[PeerClient], Any]) -> Any:
    network: Any = ScriptedNetwork(data)
    client = PeerClient(network, PeerSettings("p1", "http://127.0.0.1:1"), 1_000_000)
    with contextlib.suppress(PeerError):
        return runner().run(ask(client))
    return None


def _assert_told(refused: RefusedError) -> None:
    assert 400 <= refused.status < 500
    assert len(str(refused).splitlines()) == 1
    assert len(str(refused)) < 500


def _peer_chain(number: int) -> list[dict[str, Any]]:
    rule = _rule(number)
    chain: list[dict[str, Any]] = []
    for index in range(1, 4):
        last = chain[-1] if chain else None
        block = {
            "index": index,
            "timestamp": 1795298381.9085355 + index,
            "transactions": [{"sender": "0", "recipient": "ä", "amount": 1}] * (index - 1),
            "proof": find_proof(rule.rule, last, rule.zeros) if last else 100,
            "previous_hash": hash_of(last) if last else (1, "1")[number & 1],
        }
        chain.append(block)
    return chain


def _whole_seeds() -> list[bytes]:
    seeds = []
    for number in range(4):
        chain = _peer_chain(number)
        plain = json.dumps({"chain": chain, "length": 3}, separators=(",", ":")) + "\n"
        spaced = json.dumps({"length": 3, "more": [1, "}"], "chain": chain}, ensure_ascii=False)
        seeds += [bytes([number, 7]) + text.encode() for text in (plain, spaced)]
    return seeds


def _line_seeds() -> list[bytes]:
    def body(number: int) -> str:
        return "".join(json.dumps(b, sort_keys=True) + "\n" for b in _peer_chain(number))

    return [bytes([number, 7]) + body(number).encode() for number in range(4)]


def _answers(*values: Any) -> list[bytes]:
    return [bytes([number, 2]) + json.dumps(v).encode() for number, v in enumerate(values)]


_HASH = "ab" * 32
_BLOCK_WORDS = ("index", "timestamp", "transactions", "proof", "previous_hash", "chain", "length")

TARGETS = {
    "whole_chain": Target(whole_chain, _whole_seeds, _BLOCK_WORDS),
    "block_lines": Target(block_lines, _line_seeds, _BLOCK_WORDS),
    "head_answer": Target(
        head_answer,
        lambda: _answers(
            {"length": 9, "hash": _HASH, "at": {"height": 5, "hash": _HASH}},
            {"length": 0, "hash": "", "at": None},
        ),
        ("length", "hash", "at", "height"),
    ),
    "hashes_answer": Target(
        hashes_answer, lambda: _answers({"hashes": [_HASH, None]}, {"hashes": [_HASH] * 2})
    ),
    "new_transaction": Target(
        new_transaction,
        lambda: [b'{"sender": "a", "recipient": {"b": [1e3, -0.0]}, "amount": 1}'],
        ("sender", "recipient", "amount", "1e999", "\\ud800", "NaN"),
    ),
    "registered_nodes": Target(
        registered_nodes,
        lambda: [
            b'{"nodes": ["http://9.9.9.9:5000", "9.9.9.10"]}',
            b'{"nodes": ["http://192.0.2.5:5000"]}',
        ],
        ("nodes", "http://", "[::1]", "0x7f.1", "@", "localhost"),
    ),
}
