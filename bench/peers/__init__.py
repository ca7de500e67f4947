"""What it costs to find and adopt the longest chain, beside the plain algorithm of the protocol.

Chains are prebuilt and served as ready bytes by a process of their own, behind links of 100 Mbit/s
and 20 ms there and back, one for each peer. Whoever resolves is a process of its own, too, just
started each time; ours has its database on the disk. The plain algorithm asks existing nodes one
after another, and its seconds are what ours are held against, in runs that take turns.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from bench.bars import Bar, judge
from bench.figures import together
from bench.news import say
from bench.peers.cast import LOOPBACK, Line, run
from bench.peers.figures import behind, cold, growth
from bench.peers.hostile import besieged
from bench.peers.scenes import BLOCKS, PATIENCE, Scenery

BARS = (
    Bar("cold_speedup", least=10),
    Bar("cold_bytes_ratio", most=0.2),
    Bar("plain_peers_speedup", least=4),
    Bar("one_behind_speedup", least=100),
    Bar("one_behind_growth", most=1.5),
    Bar("verify_speedup", least=1.4),
    Bar("hostile_in_time", least=1),
    Bar("hostile_right_chain", least=1),
    Bar("hostile_peak_mb", most=200),
)
TOLD = (
    "peers",
    "blocks",
    "blocks_per_second",
    "loopback_cold_speedup",
    "loopback_plain_peers_speedup",
    "one_behind_open_connections_seconds",
    "cold_own_peak_mb",
    "cold_plain_peak_mb",
)


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench peers`.

    Raises:
        StackError: a process of the measurement failed.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        scenery = Scenery(Path(folder))
        say("peers: chains are built")
        scenery.build()
        figures: dict[str, Any] = {"peers": 10, "blocks": BLOCKS}
        figures |= await run("bench.peers.verifying", {"file": str(scenery.chain)}, PATIENCE)
        for name, line in (("", Line()), ("loopback_", LOOPBACK)):
            say(f"peers: {name or 'links of 100 Mbit/s and 20 ms'}")
            measured = together(await cold(scenery, line), await behind(scenery, line))
            spreads = {f"{name}{figure}": each for figure, each in measured.pop("spread").items()}
            named = {f"{name}{figure}": value for figure, value in measured.items()}
            figures = together(figures, {**named, "spread": spreads})
        say("peers: one block behind, from 1,000 to 200,000 blocks")
        figures |= await growth(scenery, Line())
        say("peers: 200 peers, 80 of them hostile")
        figures |= await besieged(scenery, BLOCKS, Line())
        figures["load"] = round(os.getloadavg()[2], 1)
    return judge("peers", figures, BARS)
