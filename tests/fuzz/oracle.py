"""What must be so whatever came in: only the errors that are promised, and nothing unproven."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chains.peer.blocks import PeerBlock, Proof
from devnet.plain_chain import FIRST_PROOF, hash_of, proves


def assert_proven(blocks: Sequence[PeerBlock], rule: Proof) -> None:
    """Hold verified blocks, from the first one on, against the protocol written down apart."""
    last = None
    for height, block in enumerate(blocks, 1):
        data = json.loads(block.body)
        assert block.height == height
        assert block.body == json.dumps(data, sort_keys=True).encode()
        assert block.hash == hash_of(data)
        assert block.proof == data["proof"]
        if last is None:
            assert data["previous_hash"] in (1, "1")
            assert data["proof"] == FIRST_PROOF
        else:
            assert data["previous_hash"] == hash_of(last)
            assert proves(rule.rule, last["proof"], data["proof"], hash_of(last), rule.zeros)
        last = data
