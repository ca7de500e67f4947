"""What is played: ours and the plain algorithm, on the same chains before the same links."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers import chains
from bench.peers.cast import Cast, end, run, started, told

BLOCKS = 50_000
LONGEST = 200_000
AHEAD = 10
"""Blocks by which some peers are ahead of the others."""

PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Took:
    """What a resolution took: seconds, bytes over all links, and the process' peak memory in MB."""

    seconds: float
    carried: int
    peak_mb: float
    length: int
    tip: str = ""
    verdicts: dict[str, int] | None = None


class Scenery:
    """A folder with chains and with databases that hold the beginning of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.longest, self.chain = folder / "longest", folder / "chain"
        self._held: dict[int, Path] = {}
        self._copies = 0

    def build(self, longest: int = LONGEST, blocks: int = BLOCKS) -> None:
        """Write the chains; the shorter one is the beginning of the longer one."""
        chains.write(self.longest, longest)
        chains.shorten(self.longest, self.chain, blocks)

    async def database(self, length: int, chain: Path | None = None) -> Path:
        """Return a new database that holds the first blocks of the chain."""
        self._copies += 1
        copy = self.folder / f"copy-{self._copies}.db"
        if length:
            shutil.copy(await self._holding(length, chain or self.longest), copy)
        return copy

    async def _holding(self, length: int, chain: Path) -> Path:
        if length not in self._held:
            file = self.folder / f"held-{length}.db"
            asked = {"database": str(file), "file": str(chain), "length": length}
            await run("bench.peers.ours", asked, PATIENCE)
            self._held[length] = file
        return self._held[length]


async def plainly(cast: Cast, held: Path, length: int) -> Took:
    """Have the plain algorithm resolve with so many blocks of a chain at hand."""
    await cast.carried()
    asked = {"urls": cast.urls, "held": str(held), "length": length}
    figures = await run("bench.peers.plain", asked, PATIENCE)
    return Took(carried=await cast.carried(), **figures)


async def ours(
    cast: Cast, database: Path, limits: dict[str, float] | None = None, before: Sequence[int] = ()
) -> Took:
    """Have a node of ours resolve that was just started.

    With `before` it resolves once while the peers have these lengths, and again when they have
    those of before; measured is the second time, over connections that are open by then.
    """
    node = await started("bench.peers.ours")
    try:
        await told(node, {"database": str(database), "urls": cast.urls, "limits": limits or {}})
        if before:
            lengths = await cast.set_lengths(before)
            await told(node, {})
            await cast.set_lengths(lengths)
        await cast.carried()
        figures: dict[str, Any] = await told(node, {})
        return Took(carried=await cast.carried(), **figures)
    finally:
        await end(node)
