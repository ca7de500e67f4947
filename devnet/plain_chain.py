"""The peer chain as its existing nodes reckon it: block by block, with nothing but the library.

Written apart from `chains.peer` on purpose: what both agree upon is the protocol, not a mistake
that they share. The benchmarks measure ours against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from chains.peer.blocks import Rule

FIRST_PROOF = 100

Block = dict[str, Any]


def hash_of(block: Block) -> str:
    """Return the SHA-256 of a block's JSON with sorted keys, in hexadecimal."""
    return hashlib.sha256(json.dumps(block, sort_keys=True).encode()).hexdigest()


def proves(rule: Rule, last_proof: Any, proof: Any, last_hash: str, zeros: int = 4) -> bool:
    """Tell whether a proof follows the last one, in the form that each of them is written in."""
    text = f"{last_proof}{proof}" if rule is Rule.PAIR else f"{last_proof}{proof}{last_hash}"
    return hashlib.sha256(text.encode()).hexdigest()[:zeros] == "0" * zeros


def find_proof(rule: Rule, last: Block, zeros: int = 4) -> int:
    """Return the least proof that follows a block."""
    last_proof, last_hash, proof = last["proof"], hash_of(last), 0
    while not proves(rule, last_proof, proof, last_hash, zeros):
        proof += 1
    return proof


def is_valid(rule: Rule, chain: Sequence[Block], zeros: int = 4) -> bool:
    """Tell whether every previous_hash and every proof holds; nobody looks at the first block."""
    last = chain[0]
    for block in chain[1:]:
        last_hash = hash_of(last)
        if block["previous_hash"] != last_hash:
            return False
        if not proves(rule, last["proof"], block["proof"], last_hash, zeros):
            return False
        last = block
    return True
