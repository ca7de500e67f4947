"""The simulated network, broken and mended by the words of every network."""

from __future__ import annotations

from devnet.launch import Devnet


class Simulated(Devnet):
    """A devnet."""

    async def part(self, *names: str) -> None:
        """Cut nodes off from the others; among themselves they stay together."""
        self.faults.partition([names])

    async def heal(self, *names: str) -> None:
        """Take every fault of some nodes back."""
        await self.faults.heal(*names)
