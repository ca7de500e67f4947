"""The journal as people read it: what belongs to one incident together, newest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chains.words import spelled
from switcher.journal.hashes import UNREADABLE
from switcher.model import (
    DEALT_WITH,
    ActionName,
    Cause,
    Decision,
    Ending,
    Entry,
    EntryKind,
    Outcome,
    Step,
)

_LABELS: dict[str, str] = {
    ActionName.ROTATE: "alert",
    ActionName.RESOLVE: "alert",
    Cause.MANUAL: "order",
    Outcome.BROADCAST: "transaction",
    Outcome.IN_BLOCK: "block",
    Outcome.ON_AIR: "first block",
}
"""The words of the journal for which a reader has others."""

_GOOD = {*DEALT_WITH, Ending.RESOLVED, Ending.DRILLED, Ending.REPORTED, Outcome.ON_AIR}
_BAD = {
    Ending.EXPIRED,
    Ending.GIVEN_UP,
    Outcome.REJECTED,
    Outcome.CANNOT_SIGN,
    Outcome.CANNOT_PAY,
    Outcome.NEVER_SIGNED,
    Step.DROPPED,
    Step.ACCUSED,
    UNREADABLE,
}
_HOLDING = {*Decision} - {Decision.ROTATE, Decision.NOT_YET, Decision.SUPERSEDED, Decision.RESOLVED}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry: `label` says what it is, `mood` (good, bad, held or nothing) how to take it."""

    id: int
    time: float
    label: str
    mood: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of an incident, oldest first, or a line of none.

    `whole` is False where there are older ones that are not among them. `ending` is how it ended,
    empty while it is open or where it is none.
    """

    incident: int | None
    about: str
    lines: tuple[Line, ...]
    ending: str
    whole: bool


def grouped(entries: Iterable[Entry]) -> list[Group]:
    """Return entries by incident; the one of which there is news last comes first."""
    found: dict[tuple[bool, int], list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: each.id):
        key = (True, entry.id) if entry.incident is None else (False, entry.incident)
        found.setdefault(key, []).append(entry)
    newest_first = sorted(found.values(), key=lambda told: told[-1].id, reverse=True)
    return [_group(told) for told in newest_first]


def _group(told: Sequence[Entry]) -> Group:
    first = told[0]
    ended = [entry.value for entry in told if entry.kind == EntryKind.ENDED]
    subject = next((e.details["subject"] for e in told if e.details.get("subject")), "")
    return Group(
        incident=first.incident,
        about=first.witness or str(subject),
        lines=tuple(_line(entry) for entry in told),
        ending=spelled(ended[-1]) if ended else "",
        whole=first.incident is None or first.kind == EntryKind.OPENED,
    )


def _line(entry: Entry) -> Line:
    label = _LABELS.get(entry.value, spelled(entry.value))
    if entry.kind == EntryKind.ENDED:
        label = "end"
    return Line(
        id=entry.id,
        time=entry.time,
        label=label,
        mood=_mood(entry),
        sentence=entry.sentence,
    )


def _mood(entry: Entry) -> str:
    if entry.kind == EntryKind.DECISION:
        return "held" if entry.value in _HOLDING else ""
    if entry.value in _BAD:
        return "bad"
    if entry.value in _GOOD and entry.kind in (EntryKind.ENDED, EntryKind.STEP):
        return "good"
    return ""
