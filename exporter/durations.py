"""How long nodes take to answer, as a histogram."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from exporter.catalogue import NODE_RPC_DURATION
from exporter.exposition import heading, labelled, number

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds in seconds; the last bucket has none."""

_BOUNDS = (*(str(bound) for bound in BUCKETS), "+Inf")


class CallDurations:
    """Counts calls by node and duration, from zero for each of the given node names."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self._counts = {node: [0] * len(_BOUNDS) for node in nodes}
        self._seconds = dict.fromkeys(self._counts, 0.0)

    def observe(self, node: str, seconds: float) -> None:
        """Count a call; those of other nodes (the producers' own endpoints) are not counted."""
        if counts := self._counts.get(node):
            counts[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[node] += seconds

    def render(self) -> str:
        """Return the histogram as text; OpenMetrics has the same."""
        name = NODE_RPC_DURATION.name
        lines = [*heading(NODE_RPC_DURATION, openmetrics=False)]
        for node, counts in self._counts.items():
            totals = list(accumulate(counts))
            lines += [
                f"{name}_bucket{labelled(('node', 'le'), (node, bound))} {number(total)}\n"
                for bound, total in zip(_BOUNDS, totals, strict=True)
            ]
            of_node = labelled(("node",), (node,))
            lines.append(f"{name}_count{of_node} {number(totals[-1])}\n")
            lines.append(f"{name}_sum{of_node} {number(self._seconds[node])}\n")
        return "".join(lines)
