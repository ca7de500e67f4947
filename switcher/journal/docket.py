"""The journal's matters of nodes' and peers' chains, for those who work on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switcher.journal import matters
from switcher.journal.journal import Journal
from switcher.journal.matters import Which
from switcher.lease import CHAINS
from switcher.model import Ending
from switcher.resolving.model import Matter, ResolveDecision, ResolveOutcome, Subject, Wish


class Docket:
    """What is open about chains, in a journal.

    Every method raises `JournalError` when the database can't do it. Where the journal is shared,
    `decide`, `attempt` and `end` raise `StandbyError` while another switcher acts.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def acts(self) -> bool:
        """Tell whether it is for this switcher to decide."""
        return self._journal.acts_for(CHAINS)

    async def open(self, which: Which) -> tuple[Matter, ...]:
        """Return open matters, oldest first."""
        return await self._journal.read(matters.read_open, which)

    async def ask(self, subject: Subject, wish: Wish, now: float) -> Matter:
        """Open a matter as a person asks, who may ask any switcher.

        Raises:
            OrderError: another one about this subject is still open.
        """
        return await self._journal.write(matters.open_wish, subject, wish, now)

    async def asked_already(self, subject: Subject) -> int | None:
        """Return the number of the matter that a person opened about a subject, if it is open."""
        return await self._journal.read(matters.asked_already, subject)

    async def decide(
        self,
        matter: Matter,
        decision: ResolveDecision,
        sentence: str,
        details: Mapping[str, Any],
        now: float,
    ) -> bool:
        """Note a decision; tell whether it is another one than before."""
        if (decision, sentence) == (matter.decision, matter.sentence):
            return False
        return await self._journal.act(
            CHAINS, matters.decide, matter, decision, sentence, details, now
        )

    async def attempt(
        self,
        matter: Matter,
        outcome: ResolveOutcome,
        sentence: str,
        details: Mapping[str, Any],
        now: float,
    ) -> bool:
        """Write down a step of a matter; tell whether it was still open."""
        return await self._journal.act(
            CHAINS, matters.attempt, matter, outcome, sentence, details, now
        )

    async def end(self, matter: Matter, ending: Ending, sentence: str, now: float) -> None:
        """End a matter."""
        await self._journal.act(CHAINS, matters.end, matter, ending, sentence, now)
