"""A journal with the switchers that work on it, in a process that may end at any moment."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import copy
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from switcher.errors import StandbyError
from switcher.journal.journal import Journal
from switcher.lease_session import Claim
from switcher.model import Record
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings
from tests.fuzz.killed import Kill
from tests.fuzz.world import World, sender
from tests.switcher.stage import WITNESS
from tests.switcher.troupe import Troupe, at_desk, troupe

_T = TypeVar("_T")
FAST = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)
"""A folder in memory, where there is one: the disk is not what is tried here."""


class _Lease:
    """What a switcher believes to hold until it hears otherwise."""

    def __init__(self, token: int | None) -> None:
        self.token = token

    def claim(self, witness: str) -> Claim | None:
        return None if self.token is None else Claim(witness, self.token)


class House:
    """Two desks that share a journal; the first acts, until the other takes over."""

    def __init__(
        self, world: World, policy: Policy, runner: asyncio.Runner, name: str, most: int
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=FAST)
        self._file = Path(self._folder.name) / "understudy.db"
        shutil.copy(_empty_journal(), self._file)
        self._world, self._policy, self._runner, self.name = world, policy, runner, name
        self._most = most
        self._stack = AsyncExitStack()
        self._kill = Kill()
        self._token, self._seen = 0, 0
        self._open()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do some work of this process."""

        async def done() -> _T:
            sender.set(self.name)
            return await work

        return self._runner.run(done())

    def step(self) -> None:
        """Have both look at everything once; one that lost its lease may not know it yet."""
        if self._leases[1].token is not None:
            with contextlib.suppress(StandbyError):
                self.run(self.desks[1].worker.step())
        self.run(self.desks[0].worker.step())

    def killed_at(self, call: int, *, done: bool) -> None:
        """Have the first look, and the process end at a call of the journal; then it starts anew.

        The call itself may be `done` or not.
        """
        with self._kill.at(call, done=done):
            self.step()
        self.restart()

    def restart(self) -> None:
        """End the process and start it again."""
        self.close()
        self._open()

    def take_over(self) -> None:
        """Have the other one take the lease, of which the one that had it has yet to hear."""
        self._token += 1
        self.run(self.desks[1].journal.write(_take_lease, self._token))
        self._leases.reverse()
        self._leases[0].token, self.desks[:] = self._token, self.desks[::-1]

    def hear(self) -> None:
        """Have the one that lost the lease hear of it."""
        self._leases[1].token = None

    def record(self) -> Record:
        """Return what the journal holds of the witness."""
        return self.run(self.desks[0].record())

    def new_rotations(self) -> list[str]:
        """Return away from which keys rotations were begun since this was last asked."""
        found = self.run(self.desks[0].journal.read(_rotations_after, self._seen))
        self._seen = max([self._seen, *(number for number, _ in found)])
        return [key for _, key in found]

    def open_rotations(self) -> int:
        """Return how many rotations of the witness are open."""
        return self.run(self.desks[0].journal.read(_open_rotations))

    def close(self) -> None:
        """End the process; its journal must be one that can be verified."""
        self.run(self._stack.aclose())

    def _open(self) -> None:
        opening = troupe(
            self._file.parent, self._world, self._policy, incidents_per_hour=self._most
        )
        first: Troupe = self.run(self._stack.enter_async_context(opening))
        journal = first.journal
        settings = SwitcherSettings(
            token_file=Path("unused"),
            database="unused",
            signer=KeyFileSigner(Path("unused")),
            policy=self._policy,
        )
        second = at_desk(self._world, copy.copy(journal), settings)
        self.desks = [first, second]
        self._leases = [_Lease(None), _Lease(None)]
        for desk, lease in zip(self.desks, self._leases, strict=True):
            given: Any = lease
            desk.journal.act_under(given)
        self._token = self._runner.run(journal.write(_next_token))
        self._leases[0].token = self._token
        self._kill.threaten(journal._worker)

    def clean_up(self) -> None:
        """Remove the journal."""
        self._folder.cleanup()


def _rotations_after(db: Connection, seen: int) -> list[tuple[int, str]]:
    found = db.execute(text("select id, from_key from rotations where id > :seen"), {"seen": seen})
    return [(int(row.id), str(row.from_key)) for row in found]


def _open_rotations(db: Connection) -> int:
    return int(db.scalar(text("select count(*) from rotations where ended is null")) or 0)


def _next_token(db: Connection) -> int:
    token = int(db.scalar(text("select coalesce(max(token), 0) + 1 from leases")) or 1)
    _take_lease(db, token)
    return token


def _take_lease(db: Connection, token: int) -> None:
    values = {"witness": WITNESS, "token": token}
    db.execute(text("delete from leases where witness = :witness"), values)
    insert = "insert into leases values (:witness, :token, 'somebody', 0)"
    db.execute(text(insert), values)


@cache
def _empty_journal() -> Path:
    """Return the file of a journal without any entry; to make its tables takes a while."""
    folder = tempfile.TemporaryDirectory(prefix="understudy-empty-")
    atexit.register(folder.cleanup)
    file = Path(folder.name) / "empty.db"

    async def make() -> None:
        async with Journal(f"sqlite:///{file}"):
            pass

    asyncio.run(make())
    return file
