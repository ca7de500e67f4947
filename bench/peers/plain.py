"""The plain algorithm of the protocol, measured: `python -m bench.peers.plain`, a run as JSON in.

Registered nodes are asked one after another for their whole chains, over a plain blocking client,
and every one that is longer than the longest yet is verified from its first block. What is timed
ends when the chain is adopted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.peers import chains
from bench.processes import resident_mb_of
from devnet.plain_peer import PlainPeer


def resolve(urls: list[str], held: str, length: int) -> dict[str, Any]:
    """Resolve holding `length` blocks of a chain's file; 0: a first block of one's own."""
    peer = PlainPeer(chains.PROOF.rule, chains.PROOF.zeros)
    if length:
        peer.chain = chains.read(Path(held), length)
    peer.nodes = dict.fromkeys(url.removeprefix("http://") for url in urls)
    began = time.perf_counter()
    peer.adopt_longest()
    return {
        "seconds": time.perf_counter() - began,
        "length": len(peer.chain),
        "peak_mb": resident_mb_of(os.getpid(), peak=True),
    }


if __name__ == "__main__":
    print(json.dumps(resolve(**json.loads(sys.stdin.readline()))))
