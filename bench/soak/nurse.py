"""Keeps programs running as systemd does, but for those that the soak has down itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.frozen import frozen
from bench.news import say
from bench.soak.suffering import AilingError
from understudy.errors import StackError
from understudy.stack import Program

_LOOK = 0.5
_RESTART = 2.0
"""Seconds until it is started again, as RestartSec of the shipped units."""


class Nurse:
    """Looks after programs; `ended` are those that ended by themselves, with their last words.

    `refused` counts starts that came to nothing, such as a switcher's without its database.
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        self.programs = {program.name: program for program in programs}
        self.ended: list[str] = []
        self.refused = Counter[str]()
        self._held: set[str] = set()

    async def run(self) -> None:
        """Look after them until cancelled."""
        while True:
            for program in self.programs.values():
                if program.name not in self._held and not program.running:
                    self.ended.append(f"{program.name} (status {program.status}): {program.tail()}")
                    say(f"soak: {program.name} ended by itself, status {program.status}")
                    async with self._holding([program]):
                        await self._started(program)
            await asyncio.sleep(_LOOK)

    @asynccontextmanager
    async def killed(self, *names: str) -> AsyncIterator[None]:
        """Have some programs dead for as long as the context lasts.

        Raises:
            AilingError: one is in trouble already.
        """
        if held := self._held & set(names):
            raise AilingError(", ".join(sorted(held)))
        programs = [self.programs[name] for name in names]
        async with self._holding(programs):
            await asyncio.gather(*(program.kill() for program in programs))
            try:
                yield
            finally:
                await asyncio.gather(*(self._started(program) for program in programs))

    @asynccontextmanager
    async def frozen(self, name: str) -> AsyncIterator[None]:
        """Have a program stand still for as long as the context lasts.

        Raises:
            AilingError: it is in trouble already.
        """
        program = self.programs[name]
        if name in self._held or not program.running:
            raise AilingError(name)
        async with self._holding([program]), frozen(program):
            yield

    @property
    def running(self) -> bool:
        """Whether all of them run, and none is in trouble."""
        return not self._held and all(program.running for program in self.programs.values())

    @asynccontextmanager
    async def _holding(self, programs: Sequence[Program]) -> AsyncIterator[None]:
        names = {program.name for program in programs}
        self._held |= names
        try:
            yield
        finally:
            self._held -= names

    async def _started(self, program: Program) -> None:
        while True:
            with contextlib.suppress(StackError):
                await program.start()
                return
            self.refused[program.name] += 1
            await asyncio.sleep(_RESTART)
