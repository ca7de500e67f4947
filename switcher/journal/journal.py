"""The journal: every write is on the disk before its call returns, and none blocks the event loop.

One thread does all of it, so that writes have an order. A restart finds open incidents and
rotations here; cool-down and daily budget follow from the rotations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, text

from storing.worker import Worker
from switcher.bell import Bell
from switcher.errors import StandbyError
from switcher.journal import beats, crowd, entries, intake, ordering, retention, store, strangers
from switcher.journal.database import open_database, open_wire
from switcher.journal.hashes import Head
from switcher.journal.receipt import Receipt
from switcher.lease import STRANGERS, Leases
from switcher.lease_session import Holder, LeaseSession, check_claim, read_holders
from switcher.model import (
    BY_HAND,
    Arming,
    Cause,
    Decision,
    Draft,
    Ending,
    Entry,
    Incident,
    Order,
    Outcome,
    Record,
    Rotation,
    Step,
)
from switcher.orders import Drilled
from switcher.resolving.model import Subject
from switcher.ruling import Ruling
from switcher.webhook import Judged

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LONGEST_PAGE = 1000
_NO_CHAINS: Mapping[Subject, bool] = {}


class Journal:
    """An open journal; use it as an asynchronous context manager.

    Every method raises `JournalError` when the database can't do it. Where the journal is shared,
    what is done about incidents and rotations raises `StandbyError` while another switcher acts.
    Once `incidents_per_hour` were opened, alerts that can't be true open no more.
    """

    def __init__(
        self, url: str, password_file: Path | None = None, incidents_per_hour: int = 1_000
    ) -> None:
        self._open_wire = partial(open_wire, url, password_file)
        self._worker = Worker(partial(open_database, url, password_file), "journal")
        self._incidents_per_hour = incidents_per_hour
        self._leases: Leases | None = None
        self.written = Bell()

    async def __aenter__(self) -> Self:
        await self._worker.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._worker.close()

    @property
    def shared(self) -> bool:
        """Tell whether other switchers may work with it at the same time."""
        return self._worker.database.is_postgresql

    def lease_session(self, holder: str) -> LeaseSession:
        """Return a session that can hold leases, under the name of this switcher."""
        return LeaseSession(*self._open_wire(), holder)

    def act_under(self, leases: Leases) -> None:
        """Have what is done for a witness done only while its lease is held."""
        self._leases = leases

    def acts_for(self, witness: str) -> bool:
        """Tell whether it is for this switcher to decide about a witness."""
        return self._leases is None or self._leases.claim(witness) is not None

    async def holders(self) -> Mapping[str, Holder]:
        """Return who took each witness' lease last; nobody where the journal is not shared."""
        return await self.read(read_holders)

    async def take(
        self,
        alerts: Sequence[Judged],
        keys: Mapping[str, Set[str]],
        now: float,
        chains: Mapping[Subject, bool] = _NO_CHAINS,
    ) -> list[Receipt]:
        """Take a notification's alerts in, all of them or none.

        `keys` are those by witness of which one is in force, `chains` the nodes and peers that are
        configured, and whether each is seen to be well.
        """
        return await self.write(intake.take, alerts, keys, chains, self._incidents_per_hour, now)

    async def crowded(self, now: float) -> bool:
        """Tell whether as many incidents were opened within the last hour as may be."""
        return await self.read(crowd.is_crowded, self._incidents_per_hour, now)

    async def record(self, witness: str, since: float) -> Record:
        """Return what is known of a witness, with its rotations since a time."""
        return await self.read(store.read_record, witness, since)

    async def strangers(self, known: Collection[str]) -> tuple[Incident, ...]:
        """Return the open incidents of witnesses that the configuration does not know."""
        return await self.read(strangers.strangers, known)

    async def waiting_strangers(
        self, known: Collection[str], after: int, most: int
    ) -> tuple[Incident, ...]:
        """Return at most so many of these, beyond an id, that are not decided as such."""
        return await self.read(strangers.waiting, known, after, most)

    async def silent_strangers(
        self, known: Collection[str], renewal: float, now: float
    ) -> tuple[Incident, ...]:
        """Return those of these that may be over: no alert renewed them within so many seconds."""
        return await self.read(strangers.silent, known, renewal, now)

    async def held_strangers(self, known: Collection[str]) -> int:
        """Return how many of these are decided as such."""
        return await self.read(strangers.held, known)

    async def decide(
        self,
        incident: Incident,
        decision: Decision,
        sentence: str,
        planned: float | None,
        now: float,
    ) -> bool:
        """Note a decision; tell whether it, or the time it plans, is another one than before."""
        if not store.is_news(incident, decision, sentence, planned):
            return False
        witness = incident.witness
        return await self.act(witness, store.decide, incident, decision, sentence, planned, now)

    async def decide_all(
        self, witness: str, rulings: Iterable[tuple[Incident, Ruling]], now: float
    ) -> list[tuple[Incident, Ruling]]:
        """Note decisions about a witness in one transaction, and end what is superseded.

        Returns:
            Those that are others than before.
        """
        news = _news(rulings)
        return await self.act(witness, store.decide_all, news, now) if news else []

    async def decide_strangers(
        self, rulings: Iterable[tuple[Incident, Ruling]], now: float
    ) -> list[tuple[Incident, Ruling]]:
        """Note decisions about witnesses that are not configured and for whom nobody acts.

        Returns:
            Those that are others than before.
        """
        news = _news(rulings)
        return await self.act(STRANGERS, strangers.decide, news, now) if news else []

    async def open_order(
        self, witness: str, signing_key: str, cause: Cause, order: Order, now: float
    ) -> Incident:
        """Open an incident for an order; people may give theirs to any switcher.

        Raises:
            OrderError: another one is still open.
        """
        args = (witness, signing_key, cause, order, now)
        if cause in BY_HAND:
            return await self.write(ordering.open_order, *args)
        return await self.act(witness, ordering.open_order, *args)

    async def note_drill(self, witness: str, results: Iterable[Drilled]) -> None:
        """Remember what a drill showed of each producer."""
        await self.act(witness, ordering.note_drill, witness, results)

    async def drills(self, witness: str) -> tuple[Drilled, ...]:
        """Return the newest drills of each producer of a witness by result."""
        return await self.read(ordering.read_drills, witness)

    async def end(self, incident: Incident, ending: Ending, sentence: str, now: float) -> None:
        """End an incident."""
        await self.act(incident.witness, store.end_incident, incident, ending, sentence, now)

    async def end_stranger(
        self, incident: Incident, ending: Ending, sentence: str, now: float
    ) -> bool:
        """End an incident of a witness that is not configured, and tell so.

        Not while another switcher, which has it in its configuration, acts for it.
        """
        return await self.act(STRANGERS, strangers.end, incident, ending, sentence, now)

    async def open_rotation(
        self, draft: Draft, outcome: Outcome, sentence: str, now: float
    ) -> Rotation:
        """Write a rotation down before any of it leaves this machine.

        Raises:
            OverruledError: its incident ended or its witness was disarmed meanwhile.
        """
        return await self.act(draft.witness, store.open_rotation, draft, outcome, sentence, now)

    async def change(
        self,
        rotation: Rotation,
        values: Mapping[str, Any],
        steps: Iterable[tuple[Outcome | Step, str]],
        now: float,
        details: Mapping[str, Any] | None = None,
    ) -> Rotation:
        """Change a rotation, with an entry for each step."""
        witness = rotation.draft.witness
        return await self.act(witness, store.change_rotation, rotation, values, steps, now, details)

    async def end_rotation(
        self,
        rotation: Rotation,
        values: Mapping[str, Any],
        steps: Iterable[tuple[Outcome | Step, str]],
        closing: Ending | Step | None,
        now: float,
        details: Mapping[str, Any],
    ) -> Rotation:
        """End a rotation, and with it its incident, or turn that against the new key."""
        witness = rotation.draft.witness
        return await self.act(
            witness, store.end_rotation, rotation, values, steps, closing, now, details
        )

    async def arm(self, witness: str, state: Arming) -> None:
        """Arm or disarm a witness."""
        await self.write(store.set_arming, witness, state)

    async def begin(self, witnesses: Iterable[str], state: Arming) -> None:
        """Give an empty journal its first state."""
        await self.write(store.begin, tuple(witnesses), state)

    async def heartbeat(self) -> float | None:
        """Return when the dead man's switch last came."""
        return await self.read(beats.last_beat)

    async def entries(
        self, *, before: int | None = None, incident: int | None = None, limit: int = 100
    ) -> list[Entry]:
        """Return at most `limit` (up to 1000) entries, newest first."""
        wanted = min(limit, _LONGEST_PAGE)
        return await self.read(
            partial(entries.read_entries, before=before, incident=incident, limit=wanted)
        )

    async def entries_after(self, seen: int, limit: int) -> list[Entry]:
        """Return at most `limit` entries with ids above `seen`, oldest first."""
        return await self.read(entries.read_entries_after, seen, limit)

    async def head(self) -> Head:
        """Return the newest entry's id and hash."""
        return await self.read(entries.read_head)

    async def oldest(self) -> float | None:
        """Return the time of the oldest entry, None where there is none."""
        return await self.read(retention.oldest)

    async def prune(self, before: float, most: int, now: float) -> int:
        """Remove up to `most` of the oldest entries from before a time; return how many went."""
        return await self.write(retention.prune, before, most, now)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self.read(_ping)

    async def act(
        self,
        witness: str,
        work: Callable[Concatenate[Connection, _P], _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """Do work in a transaction that only the one that acts for a witness may do.

        Raises:
            StandbyError: another switcher does.
        """
        if self._leases is None:
            return await self.write(work, *args, **kwargs)
        claim = self._leases.claim(witness)
        if claim is None:
            raise StandbyError(f"Another switcher acts for {witness} now.")

        def act(db: Connection) -> _T:
            check_claim(db, claim)
            return work(db, *args, **kwargs)

        return await self.write(act)

    async def read(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do work in a transaction that reads."""
        return await self._worker.read(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do work in a transaction that writes, whoever acts; `written` rings afterwards."""
        done = await self._worker.write(work, *args, **kwargs)
        self.written.ring()
        return done


def _news(rulings: Iterable[tuple[Incident, Ruling]]) -> list[tuple[Incident, Ruling]]:
    """Return the decisions that are others than before, and those that end their incident."""
    return [
        (incident, ruling)
        for incident, ruling in rulings
        if ruling.decision is Decision.SUPERSEDED
        or store.is_news(incident, ruling.decision, ruling.sentence, ruling.planned)
    ]


def _ping(db: Connection) -> None:
    db.execute(text("select 1"))
