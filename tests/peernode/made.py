"""Chains made for tests, with proofs that are found at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from chains.peer.blocks import PeerBlock, Proof, Rule, verify
from peernode.adopting import Adopted
from peernode.store import Store

EASY = Proof(Rule.PAIR, zeros=1)
LINKED = Proof(Rule.LINKED, zeros=1)


def paid(sender: str, amount: Any = 1) -> dict[str, Any]:
    return {"sender": sender, "recipient": "somebody", "amount": amount}


def reward(recipient: str = "miner") -> dict[str, Any]:
    return {"sender": "0", "recipient": recipient, "amount": 1}


def first(rule: Proof = EASY, *, previous: Any = 1, stamp: float = 1.0) -> PeerBlock:
    data = {
        "index": 1,
        "timestamp": stamp,
        "transactions": [],
        "proof": 100,
        "previous_hash": previous,
    }
    return verify(None, [data], rule)[0]


def after(
    last: PeerBlock, transactions: Sequence[Any] = (), rule: Proof = EASY, stamp: float = 2.0
) -> PeerBlock:
    proof = next(p for p in count() if rule.holds(last.proof, p, last.hash))
    data = {
        "index": last.height + 1,
        "timestamp": stamp,
        "transactions": list(transactions),
        "proof": proof,
        "previous_hash": last.hash,
    }
    return verify(last, [data], rule)[0]


def chain(
    length: int, *, on: Sequence[PeerBlock] = (), stamp: float = 2.0, rule: Proof = EASY
) -> list[PeerBlock]:
    """Return a chain of a length that begins with the blocks `on`; `stamp` tells it from others."""
    blocks = list(on) or [first(rule, stamp=stamp)]
    while len(blocks) < length:
        blocks.append(after(blocks[-1], [reward()], rule, stamp))
    return blocks


def bodies(blocks: Sequence[PeerBlock]) -> list[bytes]:
    return [block.body for block in blocks]


async def put(
    store: Store, blocks: Sequence[PeerBlock], fork: int = 0, most: int | None = None
) -> Adopted:
    """Have a store adopt a chain that leaves its own after the block of a height."""
    begun = await store.begin_staging(fork)
    for start in range(fork, len(blocks), 3):
        await store.stage(begun, blocks[start : start + 3])
    return await store.adopt(begun, blocks[-1].hash, most)


async def held(store: Store) -> list[bytes]:
    """Return the bodies of all blocks of a store."""
    async with store.snapshot() as snapshot:
        parts = [part async for part in snapshot.read(1, snapshot.head.length, list)]
    return [body for part in parts for body in part]
