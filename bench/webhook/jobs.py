"""What the process that posts is told to do, and what it tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from bench.webhook.samples import Sample


@dataclass(frozen=True, slots=True)
class Job:
    """What to post to HOST:PORT with a token: `samples`, so many in each notification.

    After `seconds`, None for never, nothing more is begun and nothing tried again.
    """

    address: str
    token: str
    samples: Sequence[Sample]
    connections: int = 1
    each: int = 1
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a job: `took` in seconds, `milliseconds` of each answered notification.

    `acknowledged` has, for each alert that was answered with 202: its place among the samples,
    when it was posted (seconds since the epoch), the result, and the incident. `failed` counts
    what was refused or cut off, by status, 0 for none.
    """

    took: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    acknowledged: list[tuple[int, float, str, int | None]] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)


def written(job: Job) -> bytes:
    """Return a job as a line."""
    return json.dumps(asdict(job)).encode() + b"\n"


def read(line: bytes) -> Job:
    """Return the job of a line."""
    found = json.loads(line)
    return Job(**{**found, "samples": [Sample(**sample) for sample in found["samples"]]})
