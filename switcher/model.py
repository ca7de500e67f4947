"""What the switcher works on: incidents, orders, rotations, arming, and the journal's entries.

Its words are in `switcher.words`, and to be had here as well. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from switcher.words import (
    BY_HAND,
    DEALT_WITH,
    UNSPENT,
    ActionName,
    Cause,
    Decision,
    DrillResult,
    Ending,
    EntryKind,
    Outcome,
    Readiness,
    Step,
)

__all__ = [
    "BY_HAND",
    "DEALT_WITH",
    "UNSPENT",
    "ActionName",
    "Cause",
    "Decision",
    "DrillResult",
    "Ending",
    "EntryKind",
    "Outcome",
    "Readiness",
    "Step",
]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An alert that feeds an incident: when it last came, and since when it fires (its text)."""

    seen: float
    starts_at: str


@dataclass(frozen=True, slots=True)
class Order:
    """A rotation that no alert asks for: who wants it, why, and the producers to put on air.

    A drill takes those of `route` in turn and then `back`; without `back` the first is to stay.
    """

    who: str
    why: str
    route: tuple[str, ...]
    back: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A reason to rotate away from a witness' signing key, decided again until it is over.

    `signing_key` is what the alert accused, or what was in force when the order was given;
    `accused` differs from it once a new key missed its first slot. `alerts` holds the firing ones
    by fingerprint; `resolved` that none is left. `planned` is when a rotation is due, if it is.
    """

    id: int
    action: ActionName
    witness: str
    signing_key: str
    accused: str
    opened: float
    renewed: float
    resolved: bool = False
    decision: Decision | None = None
    sentence: str = ""
    alerts: Mapping[str, Sighting] = field(default_factory=dict)
    cause: Cause = Cause.ALERT
    order: Order | None = None
    planned: float | None = None

    @property
    def by_ourselves(self) -> bool:
        """Tell whether the present accusation rests on the chain alone, not on an alert."""
        return self.accused != self.signing_key

    @property
    def hangs_on_alerts(self) -> bool:
        """Tell whether it is over with its alerts.

        What we accuse ourselves has none. And a planned rotation is called off by the host's being
        well again, not by an alert that ends because another one has yet to begin.
        """
        return not self.by_ourselves and self.decision is not Decision.NOT_YET

    @property
    def by_hand(self) -> bool:
        """Tell whether a person answers for what is done now; not for what mends its failure."""
        return self.cause in BY_HAND and not self.by_ourselves


@dataclass(frozen=True, slots=True)
class Draft:
    """A rotation as it is planned; `transaction` is None where none could be made."""

    incident: int
    witness: str
    from_key: str
    to_key: str
    producer: str
    decided: float
    by_hand: bool = False
    reference: int = 0
    expiration: int = 0
    transaction_id: str | None = None
    transaction: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation as it stands.

    `accepted`: a node has taken the transaction. `block` holds it at present; None: none does.
    `returning`: it brings the preferred host back from one that did nothing wrong.
    """

    id: int
    draft: Draft
    opened: float
    accepted: bool = False
    sent: float | None = None
    block: int | None = None
    block_id: str | None = None
    in_block: float | None = None
    irreversible: float | None = None
    on_air: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    sentence: str = ""
    returning: bool = False

    @property
    def accuses(self) -> bool:
        """Tell whether it left a host that was held to have failed, by a transaction that went."""
        return not self.draft.by_hand and not self.returning and self.outcome not in UNSPENT

    @property
    def failed(self) -> bool:
        """Tell whether it came to nothing before a node took it, which repeating won't mend."""
        return self.ended is not None and self.outcome in UNSPENT - {Outcome.EXPIRED}


@dataclass(frozen=True, slots=True)
class Arming:
    """Whether a witness may be rotated, and who said so, why and when."""

    armed: bool = False
    who: str = ""
    why: str = ""
    since: float = 0.0

    def permits(self, *, by_hand: bool, asked: float) -> bool:
        """Tell whether a rotation that was asked for at a time may go on.

        What a person asked for while the witness was disarmed is meant; a disarming that came
        later ends that as well.
        """
        return self.armed or (by_hand and self.since <= asked)


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal knows of one witness: open incidents, the last day's rotations, arming."""

    incidents: tuple[Incident, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    arming: Arming = Arming()

    @property
    def open_rotation(self) -> Rotation | None:
        """Return the rotation that is under way, if any."""
        return next((r for r in self.rotations if r.ended is None), None)

    def spent(self) -> int:
        """Return how many of the day's budget are used up."""
        return sum(r.outcome not in UNSPENT and not r.draft.by_hand for r in self.rotations)

    def of(self, incident: Incident) -> tuple[Rotation, ...]:
        """Return the rotations of an incident, oldest first."""
        return tuple(r for r in self.rotations if r.draft.incident == incident.id)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry; `value` is a word of the vocabulary, `sentence` is for people."""

    id: int
    time: float
    kind: EntryKind
    value: str
    witness: str
    incident: int | None
    rotation: int | None
    sentence: str
    details: Mapping[str, Any]


def by_decision(incidents: Iterable[Incident]) -> Counter[Decision]:
    """Count accusations; an order that waits has somebody who waits for it."""
    accusations = (i for i in incidents if i.order is None or i.by_ourselves)
    return Counter(i.decision for i in accusations if i.decision is not None)
