"""The peer chain's blocks: their hash, their proof, and what makes one follow another. Pure.

A block is {index, timestamp, transactions, proof, previous_hash}; its hash is the SHA-256 of its
JSON with sorted keys as Python's `json.dumps` writes it. Nothing says that `index` be the height or
that timestamps rise, and existing nodes don't look, so that neither makes a block invalid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chains.errors import InvalidBlockError

FIRST_PROOF = 100
FIRST_PREVIOUS = (1, "1")
"""What a first block names as the one before it; every node makes a first block of its own."""

MOST_PROOF = 2**64 - 1
"""The greatest proof; nodes count up from 0 and find one after some 65,536 tries."""

_MEMBERS = frozenset({"index", "timestamp", "transactions", "proof", "previous_hash"})
_encode = json.JSONEncoder(sort_keys=True).encode


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
        digest = hashlib.sha256(text.encode()).hexdigest()
        return digest.startswith("0" * self.zeros)


@dataclass(frozen=True, slots=True)
class PeerBlock:
    """A verified block at its height (the first one's is 1); `body` is the JSON that is hashed."""

    height: int
    hash: str
    proof: int
    body: bytes


def encode(block: Mapping[str, Any]) -> bytes:
    """Return the JSON over which a block's hash is made."""
    return _encode(block).encode()


def hash_of(body: bytes) -> str:
    """Return a block's hash, as 64 hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def verify(last: PeerBlock | None, blocks: Iterable[Any], rule: Proof) -> list[PeerBlock]:
    """Return parsed blocks as verified ones that follow `last`; None: they begin a chain.

    Raises:
        InvalidBlockError: with reason "form", "first", "link" or "proof"; `number` is the height.
    """
    verified = []
    for data in blocks:
        last = _verified(last, data, rule)
        verified.append(last)
    return verified


def _verified(last: PeerBlock | None, data: Any, rule: Proof) -> PeerBlock:
    height = last.height + 1 if last else 1
    proof = _checked_form(data, height)
    previous = data["previous_hash"]
    if last is None:
        if previous not in FIRST_PREVIOUS or isinstance(previous, bool | float):
            raise InvalidBlockError(height, "first", "its previous_hash is not 1")
        if proof != FIRST_PROOF:
            raise InvalidBlockError(height, "first", f"its proof is not {FIRST_PROOF}")
    elif previous != last.hash:
        raise InvalidBlockError(height, "link", "its previous_hash is not the last block's hash")
    elif not rule.holds(last.proof, proof, last.hash):
        raise InvalidBlockError(height, "proof", "does not follow the last one")
    body = encode(data)
    return PeerBlock(height, hash_of(body), proof, body)


def _checked_form(data: Any, height: int) -> int:
    """Return the proof of what has a block's form."""
    if not isinstance(data, dict) or data.keys() != _MEMBERS:
        raise InvalidBlockError(
            height, "form", f"has not the members {', '.join(sorted(_MEMBERS))}"
        )
    proof = data["proof"]
    if not isinstance(proof, int) or isinstance(proof, bool) or not 0 <= proof <= MOST_PROOF:
        raise InvalidBlockError(height, "form", "its proof is no whole number of 64 bits")
    if not isinstance(data["transactions"], list):
        raise InvalidBlockError(height, "form", "its transactions are no list")
    return proof
