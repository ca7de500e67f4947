"""What a switcher answers, as far as the command line reads it; times since the epoch, in s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Objection:
    """What holds an order at present: a decision, and the sentence for people."""

    decision: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order would do; see `switcher.handover.Preview`."""

    witness: str
    signing_key: str
    on_air: str | None
    route: list[str]
    back: str | None
    slots: list[int]
    round_seconds: int
    core_symbol: str
    fee: float | None
    balance: float | None
    updates: int
    may_sign: bool | None
    planned: float | None
    objections: list[Objection]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that was taken: the incident under which the journal tells of it."""

    incident: int
    witness: str
    route: list[str]


@dataclass(frozen=True, slots=True)
class ArmingState:
    """A witness as it is armed now."""

    witness: str
    armed: bool
    who: str
    why: str
    since: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry; `kind` and `value` are words of the switcher, `sentence` is for people."""

    id: int
    time: float
    kind: str
    value: str
    incident: int | None
    rotation: int | None
    sentence: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Entries, newest first; `before` asks for the next page, None when there is none."""

    entries: list[Entry]
    before: int | None


@dataclass(frozen=True, slots=True)
class Producer:
    """A host of the ring as a decision would see it."""

    name: str
    in_force: bool
    readiness: str
    detail: str


@dataclass(frozen=True, slots=True)
class Drill:
    """When a drill last showed something of a producer."""

    producer: str
    result: str
    time: float


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the switcher."""

    witness: str
    armed: bool
    on_air: str | None
    budget_remaining: int
    producers: list[Producer]
    drills: list[Drill]


@dataclass(frozen=True, slots=True)
class Status:
    """What is on air, and what may be done about it."""

    dry_run: bool
    witnesses: list[Witness]

    def of(self, account: str) -> Witness | None:
        """Return a witness by its account, None if the switcher does not watch it."""
        return next((each for each in self.witnesses if each.witness == account), None)
