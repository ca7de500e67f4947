"""Chains and held chains that tests make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from chains.peer.blocks import PeerBlock, Proof, Rule, encode, hash_of, verify

EASY = Proof(Rule.PAIR, zeros=1)
"""A rule whose proofs are found at the sixteenth try."""

Block = dict[str, Any]


def forged(
    length: int, after: Sequence[Block] = (), *, by: str = "alpha", rule: Proof = EASY
) -> list[Block]:
    """Return a valid chain of so many blocks, which begins with the blocks given."""
    chain = list(after[:length])
    if not chain:
        chain.append(block(1, 100, "1", by))
    last = hash_of(encode(chain[-1]))
    while len(chain) < length:
        proof = 0
        while not rule.holds(chain[-1]["proof"], proof, last):
            proof += 1
        chain.append(block(len(chain) + 1, proof, last, by))
        last = hash_of(encode(chain[-1]))
    return chain


def block(index: int, proof: int, previous: Any, by: str = "alpha") -> Block:
    return {
        "index": index,
        "timestamp": 1_700_000_000.25 + index,
        "transactions": [{"sender": "0", "recipient": by, "amount": 1}],
        "proof": proof,
        "previous_hash": previous,
    }


def whole(chain: Iterable[Block], length: Any = None, **dumped: Any) -> bytes:
    """Return a whole chain as a plain node sends it."""
    chain = list(chain)
    said = len(chain) if length is None else length
    return json.dumps({"chain": chain, "length": said}, **dumped).encode()


def tip_of(chain: Sequence[Block]) -> str:
    return hash_of(encode(chain[-1]))


class Kept:
    """A held chain in memory, and the branch that is put together for it."""

    def __init__(self, chain: Sequence[Block] = (), rule: Proof = EASY) -> None:
        self.chain = verify(None, chain, rule)
        self.fork: int | None = None
        self.staged: list[PeerBlock] = []

    async def length(self) -> int:
        return len(self.chain)

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        return [
            self.chain[height - 1].hash if 0 < height <= len(self.chain) else None
            for height in heights
        ]

    async def size(self, height: int) -> int:
        return sum(len(block.body) for block in self.chain[:height])

    async def block(self, height: int) -> PeerBlock | None:
        return self.chain[height - 1] if 0 < height <= len(self.chain) else None

    async def begin(self, fork_height: int) -> None:
        self.fork, self.staged = fork_height, []

    async def add(self, blocks: Sequence[PeerBlock]) -> None:
        assert self.fork is not None
        last = self.staged[-1].height if self.staged else self.fork
        assert [block.height for block in blocks] == list(range(last + 1, last + 1 + len(blocks)))
        self.staged.extend(blocks)

    def adopted(self) -> list[Block]:
        """Return the chain that there would be with the branch that was put together."""
        assert self.fork is not None
        blocks = [*self.chain[: self.fork], *self.staged]
        return [json.loads(block.body) for block in blocks]
