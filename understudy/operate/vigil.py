"""Looking at the switcher again and again, and knowing how old the last look is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from switcher.model import Entry
from understudy.errors import RefusedError, SwitcherGoneError
from understudy.operate.board import Look
from understudy.operate.client import SwitcherClient

_LOOK_EVERY = 1.0
"""Seconds."""

_STALE = 3.0
"""Seconds after which a look is no longer what is so now."""


@dataclass
class Vigil:
    """The last look at the switcher.

    `taken` is when it was had, by a clock that is never set; `silence` says why there is none
    since, empty while there are. `events` is how many of the newest entries a look has, and `fresh`
    are those that came since the look before.
    """

    client: SwitcherClient
    events: int
    look: Look | None = None
    fresh: Sequence[Entry] = ()
    taken: float = 0.0
    silence: str = ""
    clock: Callable[[], float] = field(default=time.monotonic)

    def __post_init__(self) -> None:
        """Count the first silence from now on."""
        self.taken = self.clock()

    @property
    def age(self) -> float:
        """Return how many seconds ago the last look was had."""
        return self.clock() - self.taken

    @property
    def stale(self) -> bool:
        """Tell whether the last look is no longer what is so now."""
        return self.look is None or bool(self.silence) or self.age > _STALE

    @property
    def now(self) -> float:
        """Return the switcher's time, in seconds since the epoch; of a stale look, that of then."""
        assert self.look is not None
        return self.look.status.now + (0 if self.stale else self.age)

    def looks(self) -> Iterator[bool]:
        """Look for ever; yield after each attempt whether it was answered.

        Raises:
            RefusedError: the switcher answers, and shows nothing to the token at hand.
        """
        while True:
            began = self.clock()
            yield self._looked()
            time.sleep(max(0.0, _LOOK_EVERY - (self.clock() - began)))

    def _looked(self) -> bool:
        try:
            look, fresh = self._seen()
        except SwitcherGoneError as error:
            self.silence = str(error)
        except RefusedError as error:
            if self.look is None:
                raise
            self.silence = str(error)
        else:
            self.look, self.fresh = look, fresh
            self.taken, self.silence = self.clock(), ""
        return not self.silence

    def _seen(self) -> tuple[Look, Sequence[Entry]]:
        status = self.client.status()
        if self.look is None:
            first = self.client.newest(self.events)
            return Look(status, first), first
        known = self.look.entries
        fresh = self.client.journal(None, after=known[-1].id if known else 0)
        return Look(status, [*known, *fresh][-self.events :]), fresh
