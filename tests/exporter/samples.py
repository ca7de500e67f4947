from __future__ import annotations

from chains.bitshares.ranking import Ranking
from exporter.observed import Observed
from exporter.shape import shape


def samples(
    seen: Observed, now: float, name: str, ranking: Ranking | None = None
) -> dict[tuple[str, ...], float]:
    """Return a metric's samples by their label values."""
    family = next(f for f in shape(seen, now, ranking) if f.metric.name == name)
    found = dict(family.samples)
    assert len(found) == len(family.samples), f"{name} has a series twice"
    return found
