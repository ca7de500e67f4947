"""What is made of an alert, and how one renews or resolves what it has opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from switcher.journal.rows import sightings_of, stored_sightings
from switcher.journal.tables import incidents
from switcher.model import Sighting
from switcher.resolving.model import Subject

NOT_OPEN = "No open incident has this alert."
"""Why the end of an alert is ignored."""

_MOST_SIGHTINGS = 100
"""Alerts of one incident that are kept: with ever other labels anybody could make it endless."""

_TURN = 10.0
"""Seconds by which another switcher's renewal may have overtaken one that waited to be written.
What lies further ahead was written by a clock that was wrong, and would not count as a renewal."""

_CHANGE = update(incidents).where(incidents.c.id == bindparam("number"))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was made of one alert.

    `result` is the metric's label, `witness` or else `subject` whom it concerns.
    """

    result: str
    witness: str | None = None
    incident: int | None = None
    reason: str = ""
    subject: Subject | None = None

    @property
    def is_news(self) -> bool:
        """Tell whether there may be something else to decide than before."""
        return self.result in {"opened", "resolved", "ended"}


def renewed(found: Row[Any], fingerprint: str, sighting: Sighting) -> dict[str, Any]:
    """Return the columns of an open incident's row after an alert fired again."""
    known, now = sightings_of(found), sighting.seen
    if fingerprint in known or len(known) < _MOST_SIGHTINGS:
        known[fingerprint] = sighting
    overtaken = now < found.renewed <= now + _TURN
    return {
        "renewed": found.renewed if overtaken else now,
        "resolved": False,
        "alerts": stored_sightings(known),
    }


def withdrawn(found: Row[Any], fingerprint: str) -> dict[str, Any]:
    """Return the columns of an open incident's row after one of its alerts ended."""
    left = sightings_of(found)
    left.pop(fingerprint, None)
    return {"resolved": not left, "alerts": stored_sightings(left)}


def write_back(db: Connection, found: Row[Any], values: Mapping[str, Any]) -> None:
    """Write columns of an incident's row."""
    db.execute(_CHANGE, {"number": found.id, **values})


def goes_on(found: Row[Any], fingerprint: str, starts_at: str) -> bool:
    """Tell whether an alert is one that the incident of a row has seen, and has not begun anew."""
    sighting = sightings_of(found).get(fingerprint)
    return sighting is not None and sighting.starts_at == starts_at
