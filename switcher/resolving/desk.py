"""What everybody works with who sees to a chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from chains.bitshares.watch import Watch
from switcher.focus import Focus
from switcher.journal.docket import Docket
from switcher.model import Ending
from switcher.orders import PATIENCE
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.model import Matter, ResolveOutcome
from switcher.resolving.ruling import Ruling
from switcher.settings import SwitcherSettings

_log = structlog.get_logger("switcher.chains")


@dataclass(frozen=True, slots=True)
class ChainDesk:
    """The parts of a switcher that matters of chains need.

    `clock`, `started` and `focus` are those of `Desk`.
    """

    settings: SwitcherSettings
    watch: Watch
    docket: Docket
    metrics: ResolveMetrics
    clock: Callable[[], float]
    started: Callable[[], float]
    focus: Focus = field(default_factory=Focus)

    async def note(self, matter: Matter, ruling: Ruling, details: dict[str, object]) -> bool:
        """Write a decision down; tell whether it is another one than before.

        Raises:
            JournalError: it could not be.
            StandbyError: another switcher acts.
        """
        decision, why = ruling.decision, ruling.sentence
        if not await self.docket.decide(matter, decision, why, details, self.clock()):
            return False
        _log.info("decided", decision=decision, why=why)
        self.metrics.decided(decision)
        return True

    async def came_of(
        self, matter: Matter, outcome: ResolveOutcome, why: str, details: dict[str, object]
    ) -> bool:
        """Write down how far a matter has come; tell whether it was still open.

        Raises:
            JournalError: it could not be.
            StandbyError: another switcher acts.
        """
        if not await self.docket.attempt(matter, outcome, why, details, self.clock()):
            return False
        _log.info("resolving", outcome=outcome, why=why)
        self.metrics.came_of(outcome)
        return True

    async def end(self, matter: Matter, ending: Ending, why: str) -> None:
        """End a matter.

        Raises:
            JournalError: it could not be.
            StandbyError: another switcher acts.
        """
        await self.docket.end(matter, ending, why, self.clock())
        _log.info("matter over", ending=ending, why=why)

    async def ended(self, matter: Matter) -> bool:
        """End a matter whose alerts are heard of no more, or an order that has waited too long."""
        now, renewal = self.clock(), self.settings.incident_renewal
        if matter.wish is not None:
            if now - max(matter.opened, self.started()) <= PATIENCE:
                return False
            waited = f"it waited for {PATIENCE:.0f} s: {matter.sentence}"
            await self.end(matter, Ending.GIVEN_UP, waited)
            return True
        # A time far ahead was written by a clock that was wrong, and would keep it open until then.
        renewed = matter.renewed if matter.renewed - now <= renewal else 0.0
        if now - max(renewed, self.started()) <= renewal:
            return False
        await self.end(matter, Ending.NOT_RENEWED, f"no alert renewed it for {renewal} s")
        return True
