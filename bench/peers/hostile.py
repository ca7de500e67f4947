"""Two hundred peers, of which many hang, lie, or never stop sending."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from bench.peers import chains
from bench.peers.cast import Line, cast
from bench.peers.peer import Peer
from bench.peers.scenes import Scenery, ours

DEADLINE = 60.0
_CROWD = {
    "own": 60,
    "plain": 60,
    "silent": 25,
    "stuck": 10,
    "stuck_longer": 15,
    "longer": 4,
    "plain_longer": 3,
    "other_hashes": 3,
    "wrong_proof": 4,
    "plain_wrong_proof": 3,
    "wrong_link": 3,
    "blanks": 1,
    "brackets": 1,
    "digits": 1,
    "blocks": 2,
    "bombs": 2,
    "plain_blanks": 1,
    "plain_digits": 1,
    "plain_blocks": 1,
}
"""How many of each kind: 120 tell the truth, 50 hang, 20 lie, 10 never stop."""

_LONGER, _WRONG_AT = 500, 100
"""Blocks by which a forged chain is longer, and how many before its end it breaks a rule."""


async def besieged(
    scenery: Scenery,
    length: int,
    line: Line,
    *,
    share: float = 1.0,
    limits: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Return what it took to find a chain of some blocks among such peers, or a share of them."""
    limits = limits or {"deadline": DEADLINE}
    peers = _crowd(scenery, length, share)
    async with cast(peers, line) as crowd:
        took = await ours(crowd, await scenery.database(0), limits)
    tip = chains.tip(scenery.chain, length)
    return {
        "hostile_peers": len(peers),
        "hostile_seconds": round(took.seconds, 2),
        "hostile_deadline": limits["deadline"],
        "hostile_in_time": took.seconds <= limits["deadline"],
        "hostile_right_chain": took.length == length and took.tip == tip,
        "hostile_peak_mb": took.peak_mb,
        "hostile_mb_carried": round(took.carried / 1e6, 1),
        "hostile_verdicts": took.verdicts,
    }


def _crowd(scenery: Scenery, length: int, share: float) -> list[Peer]:
    forged = {member: _forged(scenery, length, member) for member in ("proof", "previous_hash")}
    peers = []
    for kind, count in _CROWD.items():
        for _ in range(max(1, round(count * share))):
            peers.append(_peer(kind, scenery.chain, length, forged))
    random.Random(1).shuffle(peers)
    return peers


def _peer(kind: str, chain: Path, length: int, forged: dict[str, Path]) -> Peer:
    wrong_proof, wrong_link = str(forged["proof"]), str(forged["previous_hash"])
    longer = length + _LONGER
    match kind:
        case "wrong_proof":
            return Peer("own", wrong_proof, longer)
        case "plain_wrong_proof":
            return Peer("plain", wrong_proof, longer)
        case "wrong_link":
            return Peer("own", wrong_link, longer)
        case "stuck_longer":
            return Peer("stuck", wrong_proof, longer)
    return Peer(kind, str(chain), length)


def _forged(scenery: Scenery, length: int, member: str) -> Path:
    longer = scenery.folder / "longer"
    chains.shorten(scenery.longest, longer, length + _LONGER)
    copy = scenery.folder / f"wrong-{member}"
    chains.break_at(longer, copy, height=length + _LONGER - _WRONG_AT, member=member)
    return copy
