"""A follower of a forged chain, and what is done to both."""

from __future__ import annotations

from typing import Any

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain

WITNESS = "1.6.1"
WINDOW = 600
ALPHA = DevKey("init0-signing")
BETA = DevKey("init0-beta")


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


def misses(follower: Follower) -> int:
    return len(follower.recent_misses(WITNESS))


def apply_all(follower: Follower, blocks: list[Block]) -> None:
    for block in blocks:
        follower.apply(block)


def rotate(chain: ForgedChain, key: DevKey) -> list[Block]:
    """Hand the witness to another key, in a block of somebody else."""
    before = len(chain.blocks)
    while chain.owner() == WITNESS:
        chain.produce(slot=2)
        if chain.owner() != WITNESS:
            break
    chain.produce(updates={WITNESS: key})
    return chain.blocks[before:]


def moved(order: tuple[str, ...]) -> tuple[str, ...]:
    """Return an order in which every slot is another witness'."""
    return (*order[1:], order[0])


def unknown(chain: ForgedChain) -> dict[str, Any]:
    """Return a transaction with an operation that can't be serialised here."""
    [known] = chain.copy().produce(updates={WITNESS: BETA}).transactions
    return {**known, "operations": [[77, {}]]}
