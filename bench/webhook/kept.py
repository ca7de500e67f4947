"""What the journal's database itself has of what was posted; the switcher isn't asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from bench.acknowledged import Claim
from bench.webhook.jobs import Told
from bench.webhook.samples import Sample
from switcher.journal.tables import entries, rotations

WRITTEN = frozenset({"opened", "renewed", "resolved", "ended"})
"""Results that say that something was written down."""


def claims(samples: Sequence[Sample], told: Told) -> Iterator[Claim]:
    """Yield what was acknowledged, alert by alert."""
    for place, posted, result, incident in told.acknowledged:
        sample = samples[place]
        yield Claim(result, incident, sample.key, sample.fingerprint, posted)


def count_entries(db: Connection) -> int:
    """Return how many entries a journal has."""
    return db.scalar(select(func.count()).select_from(entries)) or 0


def broadcast(db: Connection, witness: str) -> float | None:
    """Return when a node first took an update of a witness' key, None if none has."""
    sent: Any = select(func.min(rotations.c.sent)).where(rotations.c.witness == witness)
    found: float | None = db.scalar(sent)
    return found
