"""Following the switcher's news, and knowing how old they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from switcher.answers import Status
from switcher.model import Entry
from understudy.errors import RefusedError, SwitcherGoneError
from understudy.operate.board import Look
from understudy.operate.client import LONGEST_SILENCE, SwitcherClient
from understudy.operate.events import Event

_LOOK_EVERY = 1.0
"""Seconds, where the switcher doesn't tell by itself."""

_PATIENCE = 3.0
"""Seconds, in that case, after which a look is no longer what is so now."""

_DEAF = 30.0
"""Seconds until it is asked again to tell by itself: it may have had too many listeners."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why the switcher can't tell how things stand."""

    detail: str


_STATUS, _ENTRY, _TROUBLE = TypeAdapter(Status), TypeAdapter(Entry), TypeAdapter(_Trouble)


@dataclass
class Vigil:
    """The last look at the switcher.

    `taken` is when it was had, and `heard` when the switcher said anything, by a clock that is
    never set; `silence` says why there is none since, empty while there are. `events` is how many
    of the newest entries a look has, and `fresh` are those that came since the look before.
    """

    client: SwitcherClient
    events: int
    look: Look | None = None
    fresh: Sequence[Entry] = ()
    taken: float = 0.0
    heard: float = 0.0
    silence: str = ""
    clock: Callable[[], float] = field(default=time.monotonic)
    _patience: float = _PATIENCE
    _deaf_until: float = 0.0

    def __post_init__(self) -> None:
        """Count the first silence from now on."""
        self.taken = self.heard = self.clock()

    @property
    def age(self) -> float:
        """Return for how many seconds the switcher has said nothing."""
        return self.clock() - self.heard

    @property
    def stale(self) -> bool:
        """Tell whether the last look is no longer what is so now."""
        return self.look is None or bool(self.silence) or self.age > self._patience

    @property
    def now(self) -> float:
        """Return the switcher's time, in seconds since the epoch; of a stale look, that of then."""
        assert self.look is not None
        return self.look.status.now + (0 if self.stale else self.clock() - self.taken)

    def looks(self) -> Iterator[bool]:
        """Look for ever; yield after each news, or each attempt, whether there is an answer.

        Where the switcher tells its news by itself, that is after each of them.

        Raises:
            RefusedError: the switcher answers, and shows nothing to the token at hand.
        """
        while True:
            began = self.clock()
            answered = self._asked()
            yield answered
            if answered and began >= self._deaf_until:
                yield from self._listened()
            time.sleep(max(0.0, _LOOK_EVERY - (self.clock() - began)))

    def _asked(self) -> bool:
        try:
            look, fresh = self._seen()
        except SwitcherGoneError as error:
            self.silence = str(error)
        except RefusedError as error:
            if self.look is None:
                raise
            self.silence = str(error)
        else:
            self._take(look.status, fresh, look.entries)
        return not self.silence

    def _seen(self) -> tuple[Look, Sequence[Entry]]:
        status = self.client.status()
        if self.look is None:
            first = self.client.newest(self.events)
            return Look(status, first), first
        fresh = self.client.journal(None, after=self._newest())
        return Look(status, self._kept(fresh)), fresh

    def _listened(self) -> Iterator[bool]:
        """Yield with each news that the switcher tells by itself, until it is asked again."""
        fresh: list[Entry] = []
        self._patience = LONGEST_SILENCE
        try:
            for event in self.client.events(self._newest()):
                self.heard = self.clock()
                if event.name == "entry":
                    fresh.append(_ENTRY.validate_json(event.data))
                elif event.name:
                    yield self._told(event, fresh)
                    fresh = []
        except (SwitcherGoneError, RefusedError, ValueError):
            # To be asked tells what is the matter, if anything is; there may be too many listeners.
            self._deaf_until = self.clock() + _DEAF
        finally:
            self._patience = _PATIENCE

    def _told(self, event: Event, fresh: Sequence[Entry]) -> bool:
        if event.name == "trouble":
            self.silence = str(_TROUBLE.validate_json(event.data).detail)
        elif event.name == "status":
            self._take(_STATUS.validate_json(event.data), fresh, self._kept(fresh))
        return not self.silence

    def _take(self, status: Status, fresh: Sequence[Entry], entries: Sequence[Entry]) -> None:
        self.look, self.fresh, self.silence = Look(status, entries), fresh, ""
        self.taken = self.heard = self.clock()

    def _kept(self, fresh: Sequence[Entry]) -> list[Entry]:
        known = self.look.entries if self.look else ()
        return [*known, *fresh][-self.events :]

    def _newest(self) -> int:
        return self.look.entries[-1].id if self.look and self.look.entries else 0
