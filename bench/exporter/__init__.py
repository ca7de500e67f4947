"""The exporter before more and more witnesses and nodes: scrapes, processor time, memory, calls.

The nodes are ready-made replies from a process of their own (`bench.exporter.nodes`), so that the
exporter alone is measured. Each point of the grid is an exporter that is started anew.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.bars import Bar, judge
from bench.exporter.growth import slope_ratio
from bench.exporter.nodes import network
from bench.exporter.point import Point, Served, all_of_the_past, measure_point
from bench.news import say
from understudy.stack import Program, free_ports

WITNESSES, NODES = (10, 100, 1000), (1, 10, 100)
_HOSTS = Point(100, 10, hosts=True)
_DIFFERING = Point(100, 100, differing=True)
POINTS = (
    *(Point(witnesses, nodes) for witnesses in WITNESSES for nodes in NODES),
    _HOSTS,
    _DIFFERING,
)
_CHIEF = Point(100, 10)
"""The point whose figures stand for the exporter."""

_EXACT_TO = {
    "cpu_per_block_ms": (10.0, 0.1),
    "rss_mb": (3.0, 0.0),
    "metrics_seconds_p50": (0.0005, 0.1),
}
"""What grows, and what one reading is exact to, by itself and as a share of the figure: ticks of
the kernel's clock, pages that the allocator keeps or not, other work on the machine."""

_STEEPEST = 2
"""Of a slope and the one before it: 1 is a straight line, 10 a square."""

BARS = (
    Bar("metrics_seconds_p99", most=0.02),
    Bar("rss_mb", most=100),
    Bar("rpc_calls_per_block_per_node", most=2),
    Bar("most_calls_per_block_per_node", most=2),
    Bar("calls_agree", least=1),
    *(
        Bar(f"slope_by_{size}.{figure}", most=_STEEPEST)
        for size in ("witnesses", "nodes")
        for figure in _EXACT_TO
    ),
)
TOLD = (
    "witnesses",
    "nodes",
    "metrics_seconds_p50",
    "cpu_per_block_ms",
    "notice_to_metrics_seconds",
    "all_nodes_seconds",
    *(
        f"grid.{point.name}.{figure}"
        for figure in (*_EXACT_TO, "metrics_seconds_p99", "rpc_calls_per_block_per_node")
        for point in POINTS
    ),
    f"grid.{_HOSTS.name}.rpc_calls_per_block_per_host",
)


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench exporter`.

    Raises:
        StackError: a program did not start, or did not see all nodes.
    """
    found: dict[Point, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        for witnesses in WITNESSES:
            async with _served(folder, witnesses) as served:
                for point in (each for each in POINTS if each.witnesses == witnesses):
                    (port,) = free_ports(1)
                    found[point] = await measure_point(point, served, folder, port)
                    say(f"exporter: {point.name}: {_row(found[point])}")
    return judge("exporter", figures(found), BARS)


def figures(found: Mapping[Point, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of all points as those of the measurement.

    "grid" has those of each point by its name, such as "100x10"; "slope_by_witnesses" and
    "slope_by_nodes" how much steeper each figure rises with the last ten times as many than with
    the ten times as many before (see `growth`), where the most of the other are.
    """
    most_witnesses, most_nodes = WITNESSES[-1], NODES[-1]
    return {
        "witnesses": _CHIEF.witnesses,
        "nodes": _CHIEF.nodes,
        **found[_CHIEF],
        "most_calls_per_block_per_node": max(
            each["rpc_calls_per_block_per_node"] for each in found.values()
        ),
        "calls_agree": all(each["calls_agree"] for each in found.values()),
        "slope_by_witnesses": _slopes({w: found[Point(w, most_nodes)] for w in WITNESSES}),
        "slope_by_nodes": _slopes({n: found[Point(most_witnesses, n)] for n in NODES}),
        "grid": {point.name: _without_spread(each) for point, each in found.items()},
        "spread": {**found[_CHIEF]["spread"], **_spreads(found)},
    }


def _without_spread(each: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if name != "spread"}


def _spreads(found: Mapping[Point, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"grid.{point.name}.{name}": apart
        for point, each in found.items()
        for name, apart in each["spread"].items()
    }


def _slopes(by_size: Mapping[int, Mapping[str, Any]]) -> dict[str, float]:
    middle = by_size[sorted(by_size)[1]]
    return {
        figure: round(
            slope_ratio(
                {size: each[figure] for size, each in by_size.items()},
                max(least, share * middle[figure]),
            ),
            2,
        )
        for figure, (least, share) in _EXACT_TO.items()
    }


def _row(each: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in each.items())


@asynccontextmanager
async def _served(folder: Path, witnesses: int) -> AsyncIterator[Served]:
    """Run the ready-made nodes of a chain with so many witnesses."""
    (port,) = free_ports(1)
    genesis_time = network(witnesses).genesis_time or 0
    words = ("bench.exporter.server", str(port), str(witnesses), str(genesis_time))
    program = Program(
        "nodes",
        (sys.executable, "-m", *words),
        log=folder / f"nodes{witnesses}.log",
        ready_url=f"http://127.0.0.1:{port}/told",
    )
    await program.start()
    try:
        served = Served(program, port, genesis_time)
        await all_of_the_past(served)
        yield served
    finally:
        await program.stop()
