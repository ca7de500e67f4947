"""The third act's scene: a peer lags, and everything that is seen of what follows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from devnet.peers import PeerNetwork
from switcher.model import Entry, EntryKind
from switcher.resolving.model import ResolveOutcome
from understudy.demo.journal import JournalReader
from understudy.demo.narrator import Narrator
from understudy.demo.report import Convergence, convergence, tip_of

_READ_EVERY = 0.1
"""Seconds between two looks at the peers and into the switcher's journal."""

_AHEAD = 2


class PeerScene:
    """The peers of a devnet, looked at as any caller could look at them."""

    def __init__(
        self,
        peers: PeerNetwork,
        journal: JournalReader,
        narrator: Narrator,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._peers = peers
        self._journal = journal
        self._narrator = narrator
        self._tell = narrator.tell
        self._clock = clock
        self._begun = 0.0

    async def play(self, patience: float) -> Convergence:
        """Have all peers but the last mine ahead, and follow what becomes of that one.

        Raises:
            StackError: the switcher did not answer.
        """
        *ahead, last = (node.name for node in self._peers.nodes)
        start = len(await self._peers.chain(last))
        self._tell("same", f"{', '.join(ahead)} and {last} have one chain of {start} blocks")
        self._begun = self._clock()
        await self._peers.mine_ahead(ahead, _AHEAD)
        self._narrator.start_clock()
        length = len(await self._peers.chain(ahead[0]))
        self._tell(
            "mine",
            f"{' and '.join(ahead)} have mined {length - start} blocks, {last} lags; nobody "
            "touches anything from here on",
        )
        try:
            async with asyncio.timeout(patience):
                await self._until_caught_up(ahead[0], last)
        except TimeoutError:
            self._tell("waited", f"{last} still lags after {patience:g} s")
        return await self._compared(start)

    async def _until_caught_up(self, ahead: str, last: str) -> None:
        """Tell the journal's news until the switcher has seen that the last peer caught up."""
        seen = caught_up = False
        while not (seen and caught_up):
            for entry in await self._journal.news():
                if entry.time >= self._begun:
                    self._note(entry)
                    seen = seen or entry.value == ResolveOutcome.CONVERGED
            if not caught_up and await self._tip(last) == await self._tip(ahead):
                caught_up = True
                self._tell("caught up", f"{last} has the chain of the others")
            await asyncio.sleep(_READ_EVERY)

    async def _compared(self, start: int) -> Convergence:
        chains = [await self._peers.chain(node.name) for node in self._peers.nodes]
        found = convergence(chains, self._peers.proof, start)
        lengths = ", ".join(
            f"{node.name} {length}"
            for node, length in zip(self._peers.nodes, found.lengths, strict=True)
        )
        same = "the same and valid" if found.resolved else "not the same"
        self._tell("chains", f"{lengths} blocks, {same}")
        return found

    async def _tip(self, name: str) -> str | None:
        return tip_of(await self._peers.chain(name), self._peers.proof)

    def _note(self, entry: Entry) -> None:
        word, sentence = str(entry.kind), entry.sentence
        if entry.kind == EntryKind.OPENED:
            word = "alert"
        elif entry.kind == EntryKind.DECISION:
            sentence = f"{entry.value}: {sentence}"
        elif entry.kind == EntryKind.STEP:
            word = entry.value
        self._tell(word, sentence, entry.time)
