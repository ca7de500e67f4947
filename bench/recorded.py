"""What Prometheus recorded of a measurement, by its own time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from understudy.errors import StackError

_FIRING = 'ALERTS{alertstate="firing",action="rotate_signing_key"}'
_MISSES = "bitshares_witness_recent_missed_blocks"

Accused = tuple[str, str]
"""A witness' account and the signing key that was in force."""

Samples = Mapping[Accused, Sequence[tuple[float, float]]]
"""When something was sampled (seconds since the epoch), and its value, oldest first."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The alerts that the switcher acts upon while they fired, and the misses in the window."""

    firing: Samples
    misses: Samples

    def alert(self, accused: Accused, since: float) -> float | None:
        """Return the first evaluation from a time on at which an alert against a key fired."""
        return _first(self.firing, accused, since, 1)

    def missed(self, accused: Accused, count: int, since: float) -> float | None:
        """Return the first scrape from a time on that brought so many misses."""
        return _first(self.misses, accused, since, count)


async def recorded(url: str, seconds: float) -> Recorded:
    """Ask a Prometheus what it recorded in the last seconds.

    Raises:
        StackError: it did not answer.
    """
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        firing, misses = [
            await _samples(client, f"{what}[{seconds:.0f}s]") for what in (_FIRING, _MISSES)
        ]
    return Recorded(samples_of(firing), samples_of(misses))


def samples_of(answer: Mapping[str, Any]) -> Samples:
    """Return the samples in Prometheus' answer to a query for a range vector."""
    found: dict[Accused, list[tuple[float, float]]] = {}
    for series in answer["data"]["result"]:
        accused = series["metric"]["witness"], series["metric"]["signing_key"]
        samples = [(float(time), float(value)) for time, value in series["values"]]
        found[accused] = sorted([*found.get(accused, ()), *samples])
    return found


async def _samples(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    try:
        answer = (await client.get("/api/v1/query", params={"query": query})).raise_for_status()
    except httpx.HTTPError as error:
        raise StackError(f"Prometheus does not tell what it recorded: {error}") from error
    return dict(answer.json())


def _first(samples: Samples, accused: Accused, since: float, least: float) -> float | None:
    found = (time for time, value in samples.get(accused, ()) if time >= since and value >= least)
    return next(found, None)
