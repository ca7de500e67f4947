"""The chain as it was followed during a measurement, none of it forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.news import News
from chains.bitshares.applied import Applied
from chains.bitshares.watch import Watch


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a witness: when it began, and the key that signed its block, None for none."""

    time: int
    key: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A witness_update in a block: its height, when it could first be seen, and the new key."""

    block: int
    seen: float
    key: str


class Chronicle:
    """Keeps every block that a watch follows, and when each height was first seen.

    Witnesses are named by their object id; times are in seconds since the epoch.
    """

    def __init__(self, watch: Watch, clock: Callable[[], float] = time.time) -> None:
        self.news = News()
        self._watch = watch
        self._clock = clock
        self._blocks: dict[int, Applied] = {}
        self._seen: dict[int, float] = {}

    async def run(self) -> None:
        """Keep blocks until cancelled."""
        seen = 0
        while True:
            self._keep()
            self.news.announce()
            seen = await self._watch.changed(seen)

    @property
    def head(self) -> Applied | None:
        """Return the newest block, None before the first one."""
        return self._blocks[max(self._blocks)] if self._blocks else None

    def blocks(self) -> list[Applied]:
        """Return all blocks, oldest first."""
        return [self._blocks[number] for number in sorted(self._blocks)]

    def slots(self, witness: str, since: float) -> list[Slot]:
        """Return a witness' slots from a time up to the head, oldest first."""
        found = []
        for block in self.blocks():
            found += [Slot(slot.time, None) for slot in block.missed if slot.witness == witness]
            if block.witness == witness:
                found.append(Slot(block.time, block.signing_key))
        return [slot for slot in found if slot.time >= since]

    def changes(self, witness: str, after: int = 0) -> list[Change]:
        """Return a witness' changes of its key in blocks above a height, oldest first."""
        return [
            Change(block.number, self._seen[block.number], update.new_key)
            for block in self.blocks()
            for update in block.updates
            if update.witness == witness and update.new_key and block.number > after
        ]

    def misses(self, witness: str, since: float) -> list[float]:
        """Return when each of a witness' empty slots from a time on could first be seen in a block.

        That is when the block after them was there.
        """
        return [
            self._seen[block.number]
            for block in self.blocks()
            for slot in block.missed
            if slot.witness == witness and slot.time >= since
        ]

    def signed(self, witness: str, key: str, above: int) -> float | None:
        """Return when a witness' first block above a height with a key was there."""
        return next(
            (
                self._seen[block.number]
                for block in self.blocks()
                if block.number > above and (block.witness, block.signing_key) == (witness, key)
            ),
            None,
        )

    def irreversible(self, height: int) -> float | None:
        """Return when a height could first be seen to be irreversible."""
        found = (b.number for b in self.blocks() if b.irreversible >= height)
        return next((self._seen[number] for number in found), None)

    def forget(self, before: float, below: int) -> None:
        """Forget the blocks from before a time that are below a height as well."""
        old = [n for n, block in self._blocks.items() if block.time < before and n < below]
        for number in old:
            del self._blocks[number]
            del self._seen[number]

    def _keep(self) -> None:
        entries = self._watch.follower.entries()
        for entry in reversed(entries):
            held = self._blocks.get(entry.number)
            if held is not None and held.id == entry.id:
                break
            self._blocks[entry.number] = entry
            self._seen[entry.number] = self._clock()
        for undone in [n for n in self._blocks if entries and n > entries[-1].number]:
            del self._blocks[undone]
