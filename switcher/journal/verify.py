"""Whether the journal is what was written: its chain of hashes, and the rows that go with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from switcher.errors import JournalError
from switcher.journal.agree import disagreements
from switcher.journal.entries import STORED, as_stored
from switcher.journal.hashes import PRUNED, Head, genesis, link
from switcher.journal.schema import foreign
from switcher.journal.tables import journal
from switcher.model import EntryKind

Progress = Callable[[int, int], None]
"""Is told how many of how many entries are done."""

_PAGE = 1000
_MOST = 100
"""Flaws that are told; of a journal that was rewritten there is nothing more to learn from all."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, as a sentence without its full stop; `entry` is the first that shows it."""

    what: str
    entry: int | None = None


@dataclass(slots=True)
class Report:
    """What was found: the chain's ends as they are, and flaws; `more` of them are not listed."""

    journal: str
    entries: int = 0
    oldest: int | None = None
    head: Head | None = None
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0

    def add(self, what: str, entry: int | None = None) -> None:
        """Note a flaw."""
        if len(self.flaws) < _MOST:
            self.flaws.append(Flaw(what, entry))
        else:
            self.more += 1


def verify(db: Connection, expected: Head | None, progress: Progress) -> Report:
    """Check the whole journal within one transaction that reads.

    `expected` is the newest entry as it was noted at some time: it must still be there.

    Raises:
        JournalError: the row that names the journal is not there, or there are several.
    """
    rows = db.execute(select(journal)).all()
    if len(rows) != 1:
        raise JournalError(
            f"The journal has {len(rows)} rows that name it and its newest entry instead of one; "
            "it can't be verified."
        )
    [named] = rows
    report = Report(named.name)
    anchor = Head(named.anchor, named.anchor_hash)
    if anchor.id == 0 and anchor != genesis(named.name):
        report.add("the first entry's link is not that of a journal of this name", 1)
    walk = _Walk(report, anchor, expected)
    total = db.scalar(select(func.count()).select_from(STORED)) or 0
    for row in _entries(db):
        walk.step(row)
        if report.entries % _PAGE == 0:
            progress(report.entries, total)
    walk.finish(Head(named.last, named.hash))
    try:
        for what, entry in disagreements(db, anchor.id):
            report.add(what, entry)
    except (TypeError, ValueError, AttributeError, LookupError):
        report.add("there are rows that hold what no switcher writes")
    for what in foreign(db):
        report.add(what)
    progress(total, total)
    return report


def _entries(db: Connection) -> Iterator[Sequence[Any]]:
    query = as_stored(db).order_by(STORED.c.id)
    yield from db.execute(query, execution_options={"yield_per": _PAGE})


class _Walk:
    """The chain, entry by entry."""

    def __init__(self, report: Report, anchor: Head, expected: Head | None) -> None:
        self._report = report
        self._anchor = anchor
        self._last = anchor
        self._expected = expected
        self._pruned: Head | None = None

    def step(self, row: Sequence[Any]) -> None:
        """Check the next entry by id."""
        report, number = self._report, row[0]
        report.entries += 1
        report.oldest = number if report.oldest is None else report.oldest
        if number <= self._anchor.id:
            report.add("it is older than what retention left, and was put in", number)
            return
        if number != self._last.id + 1:
            first, last = self._last.id + 1, number - 1
            missing = f"entry {first} is" if first == last else f"entries {first} to {last} are"
            report.add(f"{missing} missing before it", number)
        elif _hash_of(self._last.hash, row) != row[-1]:
            report.add("it is not as it was written, or does not follow the one before it", number)
        self._last = Head(number, str(row[-1]))
        self._check_expected(self._last)
        if (row[2], row[3]) == (EntryKind.JOURNAL, PRUNED):
            self._pruned = _anchor_of(row)

    def _check_expected(self, head: Head) -> None:
        if self._expected and self._expected.id == head.id and self._expected != head:
            what = f"its hash is {head.hash}, not {self._expected.hash} as expected"
            self._report.add(f"{what}: the journal was rewritten up to it", head.id)

    def finish(self, named: Head) -> None:
        """Check how the chain ends, and what retention says of its beginning."""
        report, last, anchor = self._report, self._last, self._anchor
        report.head = last
        if last.id < named.id:
            report.add(f"the newest entries are missing, up to {named.id}", last.id + 1)
        elif last != named:
            what = f"the newest entry is {last}, but should be {named}"
            report.add(f"{what}: some were put in or rewritten", min(last.id, named.id + 1))
        if anchor.id and self._pruned != anchor:
            what = f"no entry tells that those up to {anchor.id} were removed for their age"
            report.add(what, anchor.id + 1)
        if expected := self._expected:
            if expected.id > last.id:
                what = f"the newest entries are missing: {expected} was expected"
                report.add(what, last.id + 1)
            elif expected.id < anchor.id or (expected.id == anchor.id and expected != anchor):
                what = f"{expected} can't be looked for: the entries up to {anchor.id} were removed"
                report.add(f"{what} for their age; note a newer head", expected.id)


def _hash_of(previous: str, row: Sequence[Any]) -> str | None:
    try:
        return link(previous, tuple(row)[:-1])
    except (TypeError, ValueError):
        return None


def _anchor_of(row: Sequence[Any]) -> Head | None:
    """Return what an entry of retention says to be the last one that went."""
    try:
        told = json.loads(row[8])
        return Head(int(told["to"]), str(told["hash"]))
    except (TypeError, ValueError, KeyError):
        return None
