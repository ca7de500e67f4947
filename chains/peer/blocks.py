"""The peer chain's blocks: their hash, their proof, and what makes one follow another. Pure.

A block is {index, timestamp, transactions, proof, previous_hash}; its hash is the SHA-256 of its
JSON with sorted keys as Python's `json.dumps` writes it. Nothing says that `index` be the height or
that timestamps rise, and existing nodes don't look, so that neither makes a block invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from chains.errors import InvalidBlockError, MalformedDataError
from chains.peer.encoding import encode as encode  # noqa: PLC0414  # part of what this offers
from chains.peer.encoding import quoted

FIRST_PROOF = 100
FIRST_PREVIOUS = (1, "1")
"""What a first block names as the one before it; every node makes a first block of its own."""

MOST_PROOF = 2**64 - 1
"""The greatest proof; nodes count up from 0 and find one after some 65,536 tries."""

MOST_BLOCK = 1024 * 1024
"""Bytes that one block may take as the JSON that is hashed, some 8,000 transactions: however it is
written on its way, so that whoever passes it on doesn't make it invalid."""

_INFINITY = float("inf")
_MEMBERS = frozenset({"index", "timestamp", "transactions", "proof", "previous_hash"})


class Rule(StrEnum):
    """What a proof is found over: the last one alone, or the last block's hash as well."""

    PAIR = "pair"
    LINKED = "linked"


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof rule of a chain; `zeros` leading zeros of the hexadecimal digest are wanted."""

    rule: Rule
    zeros: int = 4

    def holds(self, last_proof: int, proof: int, last_hash: str) -> bool:
        """Tell whether a proof follows the one before it in a block with hash `last_hash`."""
        text = (
            f"{last_proof}{proof}" if self.rule is Rule.PAIR else f"{last_proof}{proof}{last_hash}"
        )
        digest = sha256(text.encode()).hexdigest()
        return digest.startswith("0" * self.zeros)


class PeerBlock(NamedTuple):
    """A verified block at its height (the first one's is 1); `body` is the JSON that is hashed."""

    height: int
    hash: str
    proof: int
    body: bytes


def hash_of(body: bytes) -> str:
    """Return a block's hash, as 64 hexadecimal digits."""
    return sha256(body).hexdigest()


def verify(last: PeerBlock | None, blocks: Iterable[Any], rule: Proof) -> list[PeerBlock]:
    """Return parsed blocks as verified ones that follow `last`; None: they begin a chain.

    Raises:
        InvalidBlockError: with reason "form", "first", "link" or "proof"; `number` is the height.
    """
    verified: list[PeerBlock] = []
    add, wanted, zeros, put = verified.append, "0" * rule.zeros, rule.zeros, tuple.__new__
    linked = rule.rule is Rule.LINKED
    for data in blocks:
        block = None
        # Written out, since calls would cost as much as the hashes: most blocks are of this shape.
        try:
            height, last_hash, last_proof, _ = last  # type: ignore[misc]  # None is unusual
            proof, stamp = data["proof"], data["timestamp"]
            index, (one,) = data["index"], data["transactions"]
            amount = one["amount"]
            text = f"{last_proof}{proof}{last_hash}" if linked else f"{last_proof}{proof}"
            if (
                type(proof) is int is type(index) is type(amount)
                and type(stamp) is float
                and -_INFINITY < stamp < _INFINITY
                and len(data) == 5
                and len(one) == 3
                and 0 <= proof <= MOST_PROOF
                and data["previous_hash"] == last_hash
                and sha256(text.encode()).hexdigest()[:zeros] == wanted
            ):
                body = (
                    f'{{"index": {index}, "previous_hash": "{last_hash}", "proof": {proof}, '
                    f'"timestamp": {stamp!r}, "transactions": [{{"amount": {amount}, '
                    f'"recipient": {quoted(one["recipient"])}, '
                    f'"sender": {quoted(one["sender"])}}}]}}'
                ).encode()
                if len(body) <= MOST_BLOCK:
                    block = put(PeerBlock, (height + 1, sha256(body).hexdigest(), proof, body))
        except (KeyError, TypeError, ValueError):
            pass
        last = block or _verified(last, data, rule)
        add(last)
    return verified


def identified(height: int, block_hash: str, data: Any) -> PeerBlock:
    """Return a parsed block as the one whose hash is known from a verified chain.

    Raises:
        InvalidBlockError: with reason "form", or "hash": it is another one.
    """
    block = _block(height, _proof_of(data, height), data)
    if block.hash != block_hash:
        raise InvalidBlockError(height, "hash", "it is another block than its hash says")
    return block


def _verified(last: PeerBlock | None, data: Any, rule: Proof) -> PeerBlock:
    if last is None:
        return _first(data)
    height = last.height + 1
    proof = _proof_of(data, height)
    if data["previous_hash"] != last.hash:
        raise InvalidBlockError(height, "link", "its previous_hash is not the last block's hash")
    if not rule.holds(last.proof, proof, last.hash):
        raise InvalidBlockError(height, "proof", "does not follow the last one")
    return _block(height, proof, data)


def _first(data: Any) -> PeerBlock:
    proof = _proof_of(data, 1)
    previous = data["previous_hash"]
    if previous not in FIRST_PREVIOUS or isinstance(previous, bool | float):
        raise InvalidBlockError(1, "first", "its previous_hash is not 1")
    if proof != FIRST_PROOF:
        raise InvalidBlockError(1, "first", f"its proof is not {FIRST_PROOF}")
    return _block(1, proof, data)


def _block(height: int, proof: int, data: Mapping[str, Any]) -> PeerBlock:
    try:
        body = encode(data)
    except MalformedDataError as error:
        raise InvalidBlockError(height, "form", str(error)) from error
    if len(body) > MOST_BLOCK:
        raise InvalidBlockError(height, "form", f"more than {MOST_BLOCK:,} bytes")
    return PeerBlock(height, hash_of(body), proof, body)


def _proof_of(data: Any, height: int) -> int:
    """Return the proof of what has a block's form."""
    if type(data) is not dict or data.keys() != _MEMBERS:
        raise InvalidBlockError(
            height, "form", f"has not the members {', '.join(sorted(_MEMBERS))}"
        )
    proof: Any = data["proof"]
    if type(proof) is not int or not 0 <= proof <= MOST_PROOF:
        raise InvalidBlockError(height, "form", "its proof is no whole number of 64 bits")
    if type(data["transactions"]) is not list:
        raise InvalidBlockError(height, "form", "its transactions are no list")
    return proof
