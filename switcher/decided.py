"""What is told of a decision once it is in the journal: a line in the log, and a metric."""

from __future__ import annotations

import structlog

from switcher.desk import Desk
from switcher.model import Incident
from switcher.ruling import Ruling

_log = structlog.get_logger("switcher.worker")


def tell(desk: Desk, incident: Incident, ruling: Ruling, now: float) -> None:
    """Tell that an incident is decided otherwise than before, or for another reason."""
    _log.info("decided", incident=incident.id, decision=ruling.decision, why=ruling.sentence)
    if ruling.decision is not incident.decision:
        desk.metrics.decided(incident, ruling.decision, now)
