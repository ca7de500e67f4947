"""The chains of the measurements: one transaction a block, as `/mine` forges them.

Only the difficulty is another one (`PROOF`), so that a chain is made in seconds: a proof is looked
for from a drawn number on, so that proofs are as long, and compress as badly, as those that nodes
find.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from chains.peer.blocks import FIRST_PROOF, Proof, Rule, hash_of
from chains.peer.encoding import encode

PROOF = Proof(Rule.PAIR, zeros=1)

Block = dict[str, Any]

_START = 1_795_000_000.0
_MINERS = 10
_PROOFS = range(10_000, 200_000)


def blocks(count: int, seed: int = 1) -> Iterator[Block]:
    """Yield the blocks of a chain; another seed gives another one from the first block on."""
    draw = random.Random(seed)
    miners = [f"{draw.getrandbits(128):032x}" for _ in range(_MINERS)]
    time, proof = _START, FIRST_PROOF
    block = _block(1, time, [], proof, 1)
    yield block
    for height in range(2, count + 1):
        paid = {"sender": "0", "recipient": draw.choice(miners), "amount": 1}
        time += draw.uniform(0.1, 30.0)
        proof = _next_proof(proof, draw)
        block = _block(height, time, [paid], proof, hash_of(encode(block)))
        yield block


def shorten(file: Path, copy: Path, count: int) -> None:
    """Write the first blocks of a chain."""
    with file.open("rb") as lines, copy.open("wb") as fewer:
        fewer.writelines(islice(lines, count))


def break_at(file: Path, copy: Path, *, height: int, member: str) -> None:
    """Write a chain anew whose block at a height has a proof or a previous_hash that doesn't hold.

    The hashes of the blocks behind it are right again.
    """
    chain = read(file)
    wrong, before = chain[height - 1], chain[height - 2]
    if member == "proof":
        while PROOF.holds(before["proof"], wrong["proof"], ""):
            wrong["proof"] += 1
    else:
        wrong["previous_hash"] = "0" * 64
    with copy.open("wb") as lines:
        previous = None
        for block in chain:
            if block["index"] > height:
                block["previous_hash"] = previous
            line = encode(block)
            lines.write(line + b"\n")
            previous = hash_of(line)


def write(file: Path, count: int, seed: int = 1) -> None:
    """Write a chain as canonical JSON, a block a line."""
    with file.open("wb") as lines:
        for block in blocks(count, seed):
            lines.write(encode(block) + b"\n")


def tip(file: Path, length: int) -> str:
    """Return the hash of a block."""
    with file.open("rb") as lines:
        return hash_of(next(islice(lines, length - 1, None)).rstrip(b"\n"))


def read(file: Path, count: int | None = None) -> list[Any]:
    """Return the first `count` blocks of a file, or all."""
    with file.open("rb") as lines:
        return [json.loads(line) for line in islice(lines, count)]


def _block(height: int, time: float, paid: list[Any], proof: int, previous: int | str) -> Block:
    return {
        "index": height,
        "timestamp": time,
        "transactions": paid,
        "proof": proof,
        "previous_hash": previous,
    }


def _next_proof(last: int, draw: random.Random) -> int:
    proof = draw.choice(_PROOFS)
    while not PROOF.holds(last, proof, ""):
        proof += 1
    return proof
