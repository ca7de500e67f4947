"""What is printed of peers: worked out from what the runs took, under names that others read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import bench.peers
from bench import headers
from bench.peers import chains, figures, hostile, verifying
from bench.peers.cast import Line
from bench.peers.peer import Peer
from bench.peers.scenes import BLOCKS, Scenery, Took

READ = {
    "cold_speedup",
    "cold_bytes_ratio",
    "plain_peers_speedup",
    "one_behind_speedup",
    "blocks_per_second",
    "verify_speedup",
}
SECONDS = {("plainly", "plain"): 30.0, ("ours", "own"): 2.0, ("ours", "plain"): 6.0}
CARRIED = {("plainly", "plain"): 1000, ("ours", "own"): 50, ("ours", "plain"): 1000}


class Played:
    """Peers of one kind; each run takes what stands above, and ends with their longest chain."""

    def __init__(self, peers: Sequence[Peer], line: Line) -> None:
        [self.kind] = {peer.kind for peer in peers}
        self.lengths = [peer.length for peer in peers]
        self.line = line

    def took(self, who: str) -> Took:
        key = who, self.kind
        return Took(SECONDS[key], CARRIED[key], 90.0, max(self.lengths))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[Played]:
    casts: list[Played] = []

    @asynccontextmanager
    async def serve(peers: Sequence[Peer], line: Line) -> AsyncIterator[Played]:
        casts.append(Played(peers, line))
        yield casts[-1]

    async def ours(cast: Played, *_: object, **__: object) -> Took:
        return cast.took("ours")

    async def plainly(cast: Played, *_: object) -> Took:
        return cast.took("plainly")

    for name, double in (("cast", serve), ("ours", ours), ("plainly", plainly)):
        monkeypatch.setattr(figures, name, double)
    return casts


class Databases(Scenery):
    """A scenery without chains."""

    async def database(self, length: int, chain: Path | None = None) -> Path:
        return self.folder


async def test_ratios_are_those_of_the_runs_over_the_links(
    played: list[Played], tmp_path: Path
) -> None:
    scenery = Databases(tmp_path)
    cold = await figures.cold(scenery, Line())
    assert cold["cold_speedup"] == 15
    assert cold["cold_bytes_ratio"] == 0.05
    assert cold["plain_peers_speedup"] == 5
    assert (await figures.behind(scenery, Line()))["one_behind_speedup"] == 15
    for each in played:
        assert (each.line.rate, each.line.round_trip) == (100e6 / 8, 0.02)
        assert (len(each.lengths), max(each.lengths)) == (10, 50_000)
    assert [sum(n == BLOCKS for n in each.lengths) for each in played] == [3, 3, 10, 10]
    growth = await figures.growth(scenery, Line())
    assert growth["one_behind_growth"] == 1
    assert {max(each.lengths) for each in played[4:]} == {1_000, 10_000, 50_000, 200_000}


def test_bars_are_those_that_were_promised() -> None:
    assert {bar.figure: (bar.least, bar.most) for bar in (*bench.peers.BARS, *headers.BARS)} == {
        "cold_speedup": (10, None),
        "cold_bytes_ratio": (None, 1 / 5),
        "plain_peers_speedup": (4, None),
        "one_behind_speedup": (100, None),
        "one_behind_growth": (None, 1.5),
        "verify_speedup": (1.4, None),
        "hostile_in_time": (1, None),
        "hostile_right_chain": (1, None),
        "hostile_peak_mb": (None, 200),
        "headers_per_second": (8000, None),
        "rss_growth_mb": (None, 5),
    }


def test_of_200_peers_50_hang_20_lie_and_10_never_stop() -> None:
    crowd = hostile._CROWD
    honest, hanging = {"own", "plain"}, {"silent", "stuck", "stuck_longer"}
    endless = {kind for kind in crowd if kind.endswith(("blanks", "brackets", "digits", "bombs"))}
    endless |= {"blocks", "plain_blocks"}
    counts = [sum(crowd[kind] for kind in kinds) for kinds in (honest, hanging, endless)]
    assert counts == [120, 50, 10]
    assert sum(crowd.values()) - sum(counts) == 20


async def test_figures_that_others_read_have_their_names(
    played: list[Played], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "chain"
    chains.write(file, 50)
    monkeypatch.setattr(verifying, "_BLOCKS", 50)
    monkeypatch.setattr(verifying, "_ROUNDS", 1)

    async def run(*_: object) -> Any:
        return verifying.compare(file)

    async def besieged(*_: object) -> Any:
        return {"hostile_in_time": True}

    class Built(Databases):
        def build(self, longest: int = 0, blocks: int = 0) -> None:
            pass

    doubles = {"run": run, "besieged": besieged, "Scenery": Built}
    for name, double in doubles.items():
        monkeypatch.setattr(bench.peers, name, double)
    told = await bench.peers.measure()
    assert told.keys() >= READ | {"loopback_cold_speedup", "one_behind_growth"}
    assert "hostile_peak_mb" in told["bars_missed"]
    assert "cold_speedup" not in told["bars_missed"]
