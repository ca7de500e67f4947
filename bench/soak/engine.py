"""Plays the plan: every trouble at its moment, each on its own; then all is mended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.news import say
from bench.soak.acts import ACTS
from bench.soak.ground import Ground
from bench.soak.people import armed
from bench.soak.plan import Trouble
from bench.soak.suffering import AilingError
from bench.soak.well import unwell

_LATE = 1.0
"""Seconds after its moment from which a trouble counts as late: this process was busy."""

_HEALED = 420.0
"""Seconds within which everything must be well again: five rounds."""

_LOOK = 3.0


@dataclass
class Engine:
    """What has been played: by kind, with those left out, late, and those that did not work."""

    ground: Ground
    stop: asyncio.Event
    played: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    late: int = 0
    broken: list[str] = field(default_factory=list)

    async def play(self, troubles: Sequence[Trouble], seconds: float) -> None:
        """Play a plan that lasts so many seconds, and each trouble to its end, or until stopped."""
        began, running = time.monotonic(), set[asyncio.Task[None]]()
        try:
            for trouble in troubles:
                if await self._stopped(began + trouble.at):
                    break
                self.late += time.monotonic() - began - trouble.at > _LATE
                task = asyncio.create_task(self._one(trouble))
                running.add(task)
                task.add_done_callback(running.discard)
            if not await self._stopped(began + seconds):
                await self._over(running)
        finally:
            for task in tuple(running):
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def mended(self) -> list[str]:
        """Mend everything, and return what is not well in the end."""
        ground = self.ground
        await ground.net.faults.heal()
        try:
            async with asyncio.timeout(_HEALED):
                for ring in range(ground.net.settings.rings):
                    await armed(ground, ground.account(ring))
        except TimeoutError:
            return ["no switcher takes orders"]
        ends = time.monotonic() + _HEALED
        while (wrong := await unwell(ground)) and time.monotonic() < ends:
            await asyncio.sleep(_LOOK)
        return wrong

    async def _over(self, running: set[asyncio.Task[None]]) -> None:
        """Wait until the last troubles are over, or it is stopped."""
        stopping = asyncio.create_task(self.stop.wait())
        while running and not stopping.done():
            await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _one(self, trouble: Trouble) -> None:
        say(f"soak: {trouble.at:.0f} s: {trouble.kind} {trouble.how} ({trouble.role})")
        self.played[str(trouble.kind)] += 1
        try:
            done = await ACTS[trouble.kind](self.ground, trouble)
        except AilingError as error:
            self.left_out += 1
            self.played[str(trouble.kind)] -= 1
            done = f"left out, in trouble already: {error}"
        except Exception as error:
            self.broken.append(f"{trouble.kind} {trouble.how} at {trouble.at} s: {error!r}")
            say(f"soak: {self.broken[-1]}")
            return
        say(f"soak: {trouble.kind} {trouble.how} is over: {done}")

    async def _stopped(self, until: float) -> bool:
        """Wait until a moment (steady seconds); tell whether it was stopped before."""
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await self.stop.wait()
        except TimeoutError:
            return False
        return True
