"""A follower of a forged chain."""

from __future__ import annotations

from chains.bitshares.follower import Follower
from tests.support.chain import PREFIX, ForgedChain

WITNESS = "1.6.1"
WINDOW = 600


def following(chain: ForgedChain, blocks: int = 21) -> Follower:
    """Return a follower at the chain's head, `blocks` blocks after its start."""
    chain.run(blocks)
    return caught_up(chain)


def caught_up(chain: ForgedChain) -> Follower:
    """Return a fresh follower that begins with the whole chain, as after a restart."""
    follower = Follower(PREFIX, WINDOW)
    start = len(chain.active) - 1  # the first block that ends a round
    signed = {block.witness for block in chain.blocks[start:]}
    older = {b.witness: b for b in chain.blocks[:start] if b.witness not in signed}
    follower.begin(chain.blocks[start:], chain.reading(), older)
    return follower
