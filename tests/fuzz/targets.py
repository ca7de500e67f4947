"""The parsers of all that comes from peers and nodes, each as a function of some bytes.

A function returns when the bytes were taken or refused as is promised, and raises when they were
not: that is a finding. `seeds` are such bytes to begin with; `words` help to change them.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chains.bitshares.blocks import parse_block
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, WitnessIds, parse_reading
from chains.errors import ChainError, InvalidBlockError, PeerError
from chains.peer.blocks import PeerBlock, Proof, Rule
from chains.peer.client import MOST_HEIGHTS, MOST_LENGTH, PeerClient, is_hash
from chains.peer.lines import Lines
from chains.peer.stream import Whole
from chains.settings import PeerSettings
from devnet.keys import DevKey
from devnet.plain_chain import find_proof, hash_of
from tests.fuzz.oracle import assert_proven
from tests.fuzz.scripted import ScriptedNetwork
from tests.support.chain import PREFIX, ForgedChain
from tests.support.scripted import objects

FOUND = Path(__file__).parents[1] / "fixtures/fuzz"
"""What once was a finding, by target: it must never be one again."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, and what it is fed with."""

    feed: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[str, ...] = ()


def whole_chain(data: bytes) -> None:
    """Take a `/chain` body (after two bytes: rule and size of the pieces) at once and in pieces."""
    if len(data) < 2:
        return
    rule, body = _rule(data[0]), data[2:]
    at_once = _taken_whole(rule, [body])
    assert _taken_whole(rule, _cut(body, data[1] + 1)) == at_once
    if at_once is not None:
        assert_proven(at_once, rule)


def block_lines(data: bytes) -> None:
    """Take a range of blocks, a JSON a line, at once and in pieces."""
    if len(data) < 2:
        return
    rule, body = _rule(data[0]), data[2:]
    at_once = _taken_lines(rule, [body])
    assert _taken_lines(rule, _cut(body, data[1] + 1)) == at_once
    if at_once is not None:
        assert_proven(at_once, rule)


def head_answer(data: bytes) -> None:
    """Take the answer to `/chain/head`."""
    head = _asked(data, lambda client: client.head(5))
    if head is not None:
        assert 0 <= head.length <= MOST_LENGTH
        assert is_hash(head.hash) if head.length else head.hash == ""
        assert head.at is None or is_hash(head.at)


def hashes_answer(data: bytes) -> None:
    """Take the answer to `/chain/hashes`."""
    heights = range(1, data[1] % MOST_HEIGHTS + 1) if len(data) > 1 else range(1)
    hashes = _asked(data, lambda client: client.hashes(heights))
    if hashes is not None:
        assert len(hashes) == len(heights)
        assert all(each is None or is_hash(each) for each in hashes)


def node_block(data: bytes) -> None:
    """Take a BitShares block, and have the follower of a chain look at it."""
    value = _json(data)
    _, follower, updated = _followed()
    before = follower.entries()
    with contextlib.suppress(ChainError):
        applied = follower.apply(parse_block(value))
        assert applied.id == updated
        follower.rewind(before[-1].id)
    assert follower.entries() == before


def node_reading(data: bytes) -> None:
    """Take a BitShares node's objects, and begin with them."""
    value = _json(data)
    chain, _, _ = _followed()
    with contextlib.suppress(ChainError):
        reading = parse_reading(_NAMES, value)
        follower = Follower(PREFIX, 600)
        follower.begin(chain.blocks[13:-1], reading)
        follower.next_slots()
        follower.provisional_misses(reading.head_time + 9.0)


# Inside


def _rule(number: int) -> Proof:
    return Proof(Rule.LINKED if number & 1 else Rule.PAIR, zeros=number >> 1 & 1)


def _cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


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
        return _runner().run(ask(client))
    return None


@cache
def _runner() -> asyncio.Runner:
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


@cache
def _followed() -> tuple[ForgedChain, Follower, str]:
    chain = ForgedChain()
    chain.run(27)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks[13:], chain.reading())
    chain.produce(updates={"1.6.2": DevKey("other")}, salt="hi")
    return chain, follower, chain.id


_NAMES = Names((WitnessIds("init0", "1.2.6", "1.6.1", "2.5.6"),), {"USD": "2.4.1"})
_FEED = {"id": "2.4.1", "feeds": [["1.2.6", ["2027-01-15T08:00:00", {}]], ["1.2.9", ["x", {}]]]}


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


def _block_seeds() -> list[bytes]:
    chain, _, _ = _followed()
    return [json.dumps(chain.raw[number]).encode() for number in (27, 28)]


def _reading_seeds() -> list[bytes]:
    known = {**objects(_before()), "2.4.1": _FEED}
    return [json.dumps([known[name] for name in _NAMES.object_ids()]).encode()]


def _before() -> ForgedChain:
    chain = ForgedChain()
    chain.run(27)
    return chain


def found(name: str) -> Iterator[bytes]:
    """Yield what once was a finding of a target."""
    for file in sorted((FOUND / name).glob("*")):
        yield file.read_bytes()


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
    "node_block": Target(
        node_block,
        _block_seeds,
        ("witness", "operations", "new_signing_key", "extensions", "signatures", "1.6.1"),
    ),
    "node_reading": Target(node_reading, _reading_seeds, ("1.6.1", "2.5.6", "signing_key")),
}
