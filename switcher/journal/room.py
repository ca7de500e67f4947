"""Room for accusations that can't be true: looked for once for all that come together. No clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, bindparam, func, select

from switcher.journal import crowd
from switcher.journal.tables import OPEN_ACCUSATION, incidents

_MOST_OPEN = 1_000
"""Open accusations of keys that are not in force. They do nothing, but are all read at every step,
so that somebody with a token for alerts could make the true one wait behind endless others."""

# Built once: that takes the library longer than to run them.
_COUNT = select(func.count()).select_from(incidents).where(OPEN_ACCUSATION)
_COUNT_SAME = _COUNT.where(incidents.c.witness == bindparam("account"))
_COUNT_STRANGERS = _COUNT.where(incidents.c.witness.not_in(bindparam("known", expanding=True)))


@dataclass(eq=False)
class Room:
    """What is left for the accusations among `coming` alerts, in one transaction.

    `known` are the witnesses that are configured; `most` incidents may be opened within an hour.
    """

    db: Connection
    known: Collection[str]
    most: int
    now: float
    coming: int

    def lack(self, witness: str) -> str:
        """Return why one that can't be true now opens no incident, nothing where it may."""
        if self._is_ample:
            return ""
        if reason := crowd.why_none(self.db, self.most, self.now):
            return reason
        if self._open_beside(witness) < _MOST_OPEN:
            return ""
        return f"{_MOST_OPEN} keys that are not in force are accused already."

    @cached_property
    def _is_ample(self) -> bool:
        """Tell whether every one of them would find room behind all the others."""
        before_last = self.most - self.coming + 1
        if before_last < 1 or crowd.is_crowded(self.db, before_last, self.now):
            return False
        return (self.db.scalar(_COUNT) or 0) + self.coming <= _MOST_OPEN

    def _open_beside(self, witness: str) -> int:
        if witness in self.known:
            return self.db.scalar(_COUNT_SAME, {"account": witness}) or 0
        return self.db.scalar(_COUNT_STRANGERS, {"known": list(self.known)}) or 0
