"""Whatever chains peers have, and in whatever order they come: the longest valid one is found."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiohttp import web

from chains.peer import plain
from chains.peer.findings import Outcome
from chains.peer.memo import Memory
from chains.standing import Verdict

from .made import Block, Kept, forged, tip_of
from .nodes import Own, Plain
from .searching import searched

SEEDS = range(24)


def chains_of(draw: random.Random) -> list[list[Block]]:
    """Return some chains that part from each other here and there."""
    chains = [forged(draw.randint(1, 60))]
    for number in range(draw.randint(1, 5)):
        from_ = draw.choice(chains)
        kept = draw.randint(0, len(from_))
        length = max(1, kept + draw.randint(0, 40))
        chains.append(forged(length, from_[:kept], by=f"fork{number}"))
    return chains


def spoiled(chain: list[Block], draw: random.Random) -> list[Block]:
    """Return a chain with something wrong in one block, which it doesn't get away with."""
    height = draw.randrange(len(chain))
    wrong: Block = draw.choice([{"proof": -1}, {"previous_hash": "0" * 64}, {"transactions": 1}])
    return [*chain[:height], {**chain[height], **wrong}, *chain[height + 1 :]]


def peer_of(number: int, chain: list[Block], draw: random.Random) -> Plain:
    node = draw.choice([Own, Plain])(chain, f"p{number}")
    slow = draw.choice([0.0, 0.0, 0.01, 0.03])

    async def later(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(slow)
        return await node.usual(request)

    for path in ("/chain", "/chain/head", "/chain/blocks", "/chain/hashes"):
        node.instead[path] = later
    return node


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_longest_valid_chain_of_any_network_is_found(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    monkeypatch.setattr(plain, "CHUNK", draw.choice([150, 900, 4_000, 256 * 1024]))
    chains = chains_of(draw)
    ours = draw.choice([[], *chains])
    ours = ours[: draw.randint(0, len(ours))]
    max_depth = draw.choice([None, None, 5])
    bad = [spoiled(draw.choice(chains), draw) for _ in range(draw.randint(0, 3))]
    peers = [peer_of(number, chain, draw) for number, chain in enumerate([*chains, *bad])]
    held, memory = Kept(ours), Memory()
    for _ in range(2):
        draw.shuffle(peers)
        outcome = await searched(held, *peers, memory=memory, max_depth=max_depth)
        check(outcome, held, ours, chains, max_depth)
        for node, standing in zip(peers, outcome.standings, strict=True):
            if node.chain in bad and type(node) is Plain:
                assert standing.verdict is Verdict.INVALID


def check(
    outcome: Outcome,
    held: Kept,
    ours: list[Block],
    chains: list[list[Block]],
    max_depth: int | None,
) -> None:
    allowed = [
        chain
        for chain in chains
        if len(chain) > len(ours)
        and (max_depth is None or len(ours) - common(chain, ours) <= max_depth)
    ]
    longest = max((len(chain) for chain in allowed), default=None)
    if longest is None:
        assert outcome.best is None
        return
    assert outcome.best is not None
    assert outcome.best.length == longest
    adopted = held.adopted()
    assert adopted in allowed
    assert (outcome.best.tip, outcome.best.fork) == (tip_of(adopted), common(adopted, ours))
    assert outcome.best.abandoned == len(ours) - outcome.best.fork


def common(one: list[Block], other: list[Block]) -> int:
    return sum(1 for a, b in zip(one, other, strict=False) if a == b)
