"""Everybody who works on something, and how they are set to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from switcher.loop import Loop
from switcher.resolving.staff import ChainStaff
from switcher.strangers import Strangers
from switcher.worker import Worker


@dataclass(frozen=True, slots=True)
class Staff:
    """The workers of the configured witnesses, by account, and of all others; those for chains."""

    workers: Mapping[str, Worker]
    strangers: Strangers
    chains: ChainStaff

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Return all of them, to be run."""
        return (*self.workers.values(), self.strangers, *self.chains.loops)

    def wake(self, witnesses: Collection[str]) -> None:
        """Have those look who see to some witnesses."""
        for witness in witnesses:
            self.workers.get(witness, self.strangers).wake()

    def wake_all(self) -> None:
        """Have everybody look now."""
        for loop in self.loops:
            loop.wake()
