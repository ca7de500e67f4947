"""Hashes and proofs of parsed blocks, beside the plain loop: `python -m bench.peers.verifying`.

A line of JSON in names a chain's file; both verify the same blocks in turn, and seconds are those
that this process had on a processor.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.figures import spread
from bench.peers import chains
from chains.peer.blocks import verify
from devnet.plain_chain import is_valid

_ROUNDS = 7
_BLOCKS = 20_000


def compare(file: Path) -> dict[str, Any]:
    """Return how many blocks a second are verified either way (medians), and the ratio's median."""
    blocks = chains.read(file, _BLOCKS)
    rates, plain_rates = [], []
    for _ in range(_ROUNDS):
        began = time.process_time()
        assert len(verify(None, blocks, chains.PROOF)) == _BLOCKS
        between = time.process_time()
        assert is_valid(chains.PROOF.rule, blocks, chains.PROOF.zeros)
        ended = time.process_time()
        rates.append(_BLOCKS / (between - began))
        plain_rates.append(_BLOCKS / (ended - between))
    ratios = [rate / plain for rate, plain in zip(rates, plain_rates, strict=True)]
    spreads = {
        "blocks_per_second": spread(rates, 0),
        "plain_blocks_per_second": spread(plain_rates, 0),
        "verify_speedup": spread(ratios, 2),
    }
    return {**{name: each["median"] for name, each in spreads.items()}, "spread": spreads}


if __name__ == "__main__":
    print(json.dumps(compare(Path(json.loads(sys.stdin.readline())["file"]))))
