"""Ours beside the plain algorithm: cold, and one block behind."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.figures import over_runs
from bench.news import say
from bench.peers.cast import Line, cast
from bench.peers.peer import Peer
from bench.peers.scenes import AHEAD, BLOCKS, Scenery, Took, ours, plainly

ROUNDS = 5
LENGTHS = (1_000, 10_000, 50_000, 200_000)
_PEERS = 10
_AGAIN = 3
"""How often what takes a tenth of a second is tried in each round."""

_AHEAD_AT = (2, 5, 8)
"""Which of the peers are ahead."""


async def cold(scenery: Scenery, line: Line) -> dict[str, Any]:
    """Return figures of a node that has nothing yet: 10 peers, 3 of them ahead."""
    lengths = [BLOCKS if at in _AHEAD_AT else BLOCKS - AHEAD for at in range(_PEERS)]
    kinds = _both_kinds(scenery, lengths)
    plain, own_peers, plain_peers = [], [], []
    async with cast(kinds["plain"], line) as existing, cast(kinds["own"], line) as own:
        await ours(own, await scenery.database(0))  # ranges are compressed when first asked for
        for number in range(1, ROUNDS + 1):
            plain.append(await plainly(existing, scenery.chain, 0))
            own_peers.append(await ours(own, await scenery.database(0)))
            plain_peers.append(await ours(existing, await scenery.database(0)))
            _told(f"cold {number}/{ROUNDS}", plain, own_peers, plain_peers)
    for took in (*plain, *own_peers, *plain_peers):
        assert took.length == BLOCKS, took
    speedups = {
        "cold_speedup": _speedups(plain, own_peers),
        "plain_peers_speedup": _speedups(plain, plain_peers),
    }
    return {
        **_over_rounds(speedups),
        "cold_bytes_ratio": round(own_peers[-1].carried / plain[-1].carried, 4),
        "cold_plain_seconds": _median(plain),
        "cold_own_seconds": _median(own_peers),
        "cold_plain_peers_seconds": _median(plain_peers),
        "cold_plain_mb": round(plain[-1].carried / 1e6, 1),
        "cold_own_mb": round(own_peers[-1].carried / 1e6, 1),
        "cold_plain_peak_mb": max(took.peak_mb for took in plain),
        "cold_own_peak_mb": max(took.peak_mb for took in own_peers),
        "cold_plain_peers_peak_mb": max(took.peak_mb for took in plain_peers),
    }


async def behind(scenery: Scenery, line: Line) -> dict[str, Any]:
    """Return figures of a node that lacks one block of 50,000."""
    kinds = _both_kinds(scenery, [BLOCKS] * _PEERS)
    held = BLOCKS - 1
    plain, own_peers, open_lines, plain_peers = [], [], [], []
    async with cast(kinds["plain"], line) as existing, cast(kinds["own"], line) as own:
        for number in range(1, ROUNDS + 1):
            plain.append(await plainly(existing, scenery.chain, held))
            for _ in range(_AGAIN):
                own_peers.append(await ours(own, await scenery.database(held)))
                database = await scenery.database(held)
                open_lines.append(await ours(own, database, before=[held] * _PEERS))
            plain_peers.append(await ours(existing, await scenery.database(held)))
            _told(f"one behind {number}/{ROUNDS}", plain, own_peers, open_lines, plain_peers)
    for took in (*plain, *own_peers, *open_lines, *plain_peers):
        assert took.length == BLOCKS, took
    return {
        **_over_rounds({"one_behind_speedup": _speedups(plain, own_peers)}),
        "one_behind_plain_seconds": _median(plain),
        "one_behind_seconds": _median(own_peers),
        "one_behind_open_connections_seconds": _median(open_lines),
        "one_behind_plain_peers_seconds": _median(plain_peers),
        "one_behind_bytes": own_peers[-1].carried,
    }


async def growth(scenery: Scenery, line: Line) -> dict[str, Any]:
    """Return how what a missing block costs grows with the chain."""
    seconds: dict[int, list[Took]] = {length: [] for length in LENGTHS}
    for _ in range(ROUNDS):
        for length, took in seconds.items():
            peers = [Peer("own", str(scenery.longest), length)] * _PEERS
            async with cast(peers, line) as own:
                took.append(await ours(own, await scenery.database(length - 1)))
            assert took[-1].length == length, took[-1]
    by_length = {length: _median(took) for length, took in seconds.items()}
    return {
        "one_behind_seconds_by_length": by_length,
        "one_behind_growth": round(by_length[LENGTHS[-1]] / by_length[LENGTHS[0]], 2),
    }


def _both_kinds(scenery: Scenery, lengths: Sequence[int]) -> dict[str, list[Peer]]:
    return {
        kind: [Peer(kind, str(scenery.chain), length) for length in lengths]
        for kind in ("plain", "own")
    }


def _median(runs: Sequence[Took]) -> float:
    return round(statistics.median(took.seconds for took in runs), 4)


def _speedups(plain: Sequence[Took], other: Sequence[Took]) -> list[float]:
    """Return for each round how many times faster the others are, by the median of theirs in it."""
    each = len(other) // len(plain)
    rounds = [other[at : at + each] for at in range(0, len(other), each)]
    return [p.seconds / _median(o) for p, o in zip(plain, rounds, strict=True)]


def _over_rounds(ratios: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return the median of each ratio over the rounds, and how far they were apart."""
    names, rounds = list(ratios), zip(*ratios.values(), strict=True)
    return over_runs([dict(zip(names, each, strict=True)) for each in rounds], 1)


def _told(what: str, *runs: Sequence[Took]) -> None:
    say(f"peers: {what}: " + ", ".join(f"{took[-1].seconds:.3f} s" for took in runs))
