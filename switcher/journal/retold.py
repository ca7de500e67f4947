"""An incident's and a rotation's row, as their entries tell it, compared with the row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chains.bitshares.transactions import parse_time
from chains.errors import MalformedDataError
from switcher.model import UNSPENT, ActionName, Cause, EntryKind, Outcome, Step

Trouble = tuple[str, int | None]
"""A sentence without its full stop, and the entry that shows it, if one does."""

Stored = Any
"""A row of the database, by column."""

_FAILED = UNSPENT | {Outcome.NEVER_SIGNED}
"""Outcomes that a step of their own tells, and with which a rotation is over."""


def retell_incident(row: Stored, told: Sequence[Stored], *, whole: bool) -> Iterator[Trouble]:
    """Yield what an incident's row says otherwise than its entries (oldest first).

    Unless they are `whole`, retention may have removed how it began.
    """
    name = f"incident {row.id}"
    if not told:
        yield f"no entry tells of {name}", None
        return
    first = told[0]
    if first.kind == EntryKind.OPENED:
        yield from _differing(name, row, _opened(first), first.id)
        yield from _differing(name, row, {"accused": _accused(told)}, first.id)
    elif whole:
        yield f"no entry tells how {name} began", first.id
    ended, at = {"ended": None, "ending": None}, told[-1].id
    if endings := [entry for entry in told if entry.kind == EntryKind.ENDED]:
        last = endings[-1]
        ended, at = {"ended": last.time, "ending": last.value}, last.id
    yield from _differing(name, row, ended, at)
    decided = [entry for entry in told if entry.kind == EntryKind.DECISION]
    if row.decision is not None and decided and row.decision != decided[-1].value:
        yield f"{name} has decision {row.decision!r}, not that which it tells", decided[-1].id
    elif row.decision is not None and not decided and first.kind == EntryKind.OPENED:
        yield f"{name} has decision {row.decision!r}, of which no entry tells", first.id


def _opened(entry: Stored) -> dict[str, Any]:
    details = dict(entry.details)
    accused, subject = details.pop("accused", ""), details.pop("subject", "")
    action = ActionName.RESOLVE if subject else ActionName.ROTATE
    by_alert = entry.value == action
    return {
        "witness": entry.witness,
        "opened": entry.time,
        "signing_key": accused,
        "subject": subject,
        "action": action,
        "cause": Cause.ALERT if by_alert else entry.value,
        "order": None if by_alert else details,
    }


def _accused(told: Sequence[Stored]) -> Any:
    """Return the key that is accused in the end: at first the one in force, then a new one."""
    accused, newest = told[0].details.get("accused", ""), None
    for entry in told:
        newest = entry.details.get("to", newest) if entry.kind == EntryKind.STEP else newest
        if (entry.kind, entry.value) == (EntryKind.STEP, Step.ACCUSED):
            # Earlier versions did not name it: it is the key that the last rotation put in force.
            accused = entry.details.get("accuses", newest)
    return accused


def retell_rotation(row: Stored, told: Sequence[Stored], *, whole: bool) -> Iterator[Trouble]:
    """Yield what a rotation's row says otherwise than its steps' entries (oldest first).

    Unless they are `whole`, retention may have removed how it began.
    """
    name = f"rotation {row.id}"
    if not told:
        yield f"no entry tells of {name}", None
        return
    first, last = told[0], told[-1]
    if "transaction_id" not in first.details:
        if whole:
            yield f"no entry tells how {name} began", first.id
        return
    yield from _differing(name, row, _drafted(first), first.id)
    stands = _stands(told)
    yield from _differing(name, row, {k: v for k, v in stands.items() if k != "outcome"}, last.id)
    yield from _ending(name, row, stands, last)


def _drafted(entry: Stored) -> dict[str, Any]:
    details = entry.details
    told = {
        "witness": entry.witness,
        "opened": entry.time,
        "from_key": details.get("from"),
        "to_key": details.get("to"),
        "producer": details.get("producer"),
        "transaction_id": details.get("transaction_id"),
        "transaction": details.get("transaction"),
    }
    if "by_hand" in details:
        told["by_hand"] = details["by_hand"]
    match details.get("transaction"):
        case {"expiration": str(text)}:
            told["expiration"] = _time_of(text)
    return told


def _time_of(text: str) -> int | None:
    try:
        return parse_time(text)
    except MalformedDataError:
        return None  # which no row has


def _stands(told: Sequence[Stored]) -> dict[str, Any]:
    """Return the columns that steps change, as they are after all of them."""
    stands: dict[str, Any] = dict.fromkeys(("sent", "in_block", "irreversible", "on_air"))
    for entry in told:
        match entry.value:
            case Step.SENT:
                stands["sent"] = entry.time
            case Step.DROPPED:
                stands |= {"in_block": None, "on_air": None, "outcome": Outcome.BROADCAST}
            case Outcome.IN_BLOCK | Outcome.IRREVERSIBLE | Outcome.ON_AIR:
                stands |= {entry.value: entry.time, "outcome": entry.value}
            case _:
                stands["outcome"] = entry.value
    return stands


def _ending(name: str, row: Stored, stands: Mapping[str, Any], last: Stored) -> Iterator[Trouble]:
    outcome = stands["outcome"]
    if outcome in _FAILED:
        yield from _differing(name, row, {"outcome": outcome, "ended": last.time}, last.id)
        return
    if row.ended is None:
        yield from _differing(name, row, {"outcome": outcome}, last.id)
        if stands["irreversible"] is not None and stands["on_air"] is not None:
            yield f"{name} is not over, though it is on air for good", last.id
        return
    needed = {
        Outcome.ON_AIR: ("irreversible", "on_air"),
        Outcome.IRREVERSIBLE: ("irreversible",),
    }.get(row.outcome)
    if needed is None or any(stands[step] is None for step in needed):
        yield f"{name} is over with outcome {row.outcome!r}, of which no entry tells", last.id


def _differing(name: str, row: Stored, told: Mapping[str, Any], entry: int) -> Iterator[Trouble]:
    for column, value in told.items():
        if (found := getattr(row, column)) != value:
            yield f"{name} has {column} {found!r}, not {value!r} as it tells", entry
