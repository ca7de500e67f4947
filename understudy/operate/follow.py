"""Giving an order to the switcher, and following it in the journal until it is over."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from switcher.answers import Preview
from switcher.model import Entry
from switcher.resolving.answers import ResolvePreview
from understudy.errors import SwitcherGoneError
from understudy.operate.client import Kind, SwitcherClient
from understudy.operate.course import Course, course_of

_LOOK_EVERY = 0.3
"""Seconds between two looks into the journal."""

_UNREMARKED = 3.0
"""Seconds for which the switcher may be gone without a word: a lost answer worries nobody."""

_PATIENCE = 60.0
"""Seconds for which the switcher may be gone: a restart forgets no order."""

_STILL_TRYING = "The switcher does not answer; still trying, it forgets no order."


_Plan = TypeVar("_Plan", Preview, ResolvePreview)


@dataclass
class Followed(ABC, Generic[_Plan]):
    """Something that is ordered, as the switcher's journal tells of it.

    `plan` is what it would come to, once that was asked. `incident` is its number, once it is
    given. `entries` are those read so far, oldest first;
    `gone_since` is when the switcher stopped answering, None while it does, and `remarked` whether
    that was told.
    """

    client: SwitcherClient
    plan: _Plan | None = field(default=None, kw_only=True)
    incident: int | None = field(default=None, kw_only=True)
    entries: list[Entry] = field(default_factory=list, kw_only=True)
    gone_since: float | None = field(default=None, kw_only=True)
    remarked: bool = field(default=False, kw_only=True)
    clock: Callable[[], float] = field(default=time.monotonic, kw_only=True)

    @property
    @abstractmethod
    def over(self) -> bool:
        """Tell whether there is nothing more to wait for."""

    @abstractmethod
    def look(self) -> _Plan:
        """Return what it would come to.

        Raises:
            RefusedError: it can't be done.
            SwitcherGoneError: no switcher answers.
        """

    @abstractmethod
    def give(self) -> int:
        """Give it, and return its number.

        Raises:
            RefusedError: the switcher does not take it.
            SwitcherGoneError: no switcher answers.
        """

    @abstractmethod
    def left_open(self) -> str:
        """Return what is unknown once the switcher went away and did not come back."""

    def news(self, remark: Callable[[str], None]) -> Iterator[Entry]:
        """Yield its entries as they come, until it is over; `remark` is told of a silence.

        Raises:
            SwitcherGoneError: the switcher went away and did not come back.
            RefusedError: it does not show its journal any more.
        """
        while not self.over:
            for entry in self._fresh(remark):
                self.entries.append(entry)
                yield entry
            if not self.over:
                time.sleep(_LOOK_EVERY)

    def _fresh(self, remark: Callable[[str], None]) -> list[Entry]:
        assert self.incident is not None
        last = self.entries[-1].id if self.entries else 0
        asked = self.clock()
        try:
            found = self.client.journal(self.incident, last)
        except SwitcherGoneError as error:
            # An answer that never came was missing from when it was asked for.
            self.gone_since = asked if self.gone_since is None else self.gone_since
            self._bear(error, self.clock() - self.gone_since, remark)
            return []
        self.gone_since, self.remarked = None, False
        return found

    def _bear(
        self, error: SwitcherGoneError, seconds: float, remark: Callable[[str], None]
    ) -> None:
        if seconds > _PATIENCE:
            raise SwitcherGoneError(f"{error} {self.left_open()}") from error
        if seconds > _UNREMARKED and not self.remarked:
            self.remarked = True
            remark(_STILL_TRYING)


@dataclass
class Order(Followed[Preview]):
    """An order to put somebody on air."""

    kind: Kind
    body: Mapping[str, str]

    @property
    def course(self) -> Course:
        """How far it has come."""
        return course_of(self.entries)

    @property
    def over(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        return self.course.over

    def look(self) -> Preview:
        """Return what it would do, and mean these producers from now on."""
        self.plan = self.client.plan(self.kind, self.body)
        self.body = {**self.body, "instead_of": self.plan.signing_key}
        if self.kind == "rotate":
            self.body = {**self.body, "to": self.plan.route[0]}
        return self.plan

    def give(self) -> int:
        """Give it, and return its number."""
        self.incident = self.client.order(self.kind, self.body).incident
        return self.incident

    def left_open(self) -> str:
        """Return what is unknown once the switcher went away and did not come back."""
        # Of a drill's updates it is the last one that may be under way.
        what = "Order" if self.kind == "rotate" else "The last update of order"
        return (
            f"{what} {self.incident} was {self.course.reached} when the switcher last answered; "
            "its outcome is unknown here. The switcher follows it up once it is started."
        )
