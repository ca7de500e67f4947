"""The scene: who is on air dies, and everything that is seen of what follows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from chains.bitshares.applied import Applied
from chains.bitshares.watch import Watch
from chains.settings import WitnessSettings
from devnet.launch import Devnet
from switcher.answers import AlertPath
from switcher.model import Entry
from switcher.naming import with_names
from understudy.demo.journal import JournalReader
from understudy.demo.narrator import Narrator
from understudy.demo.report import Act, Moments, act, missed_between
from understudy.errors import StackError

_READ_EVERY = 0.1
"""Seconds between two looks into the switcher's journal, for the telling only."""

_IN_BRACKETS = re.compile(r" \((?:[^()]|\([^()]*\))*\)")

_STEP_WORDS = {
    "broadcast": "signed",
    "sent": "sent",
    "in_block": "in block",
    "irreversible": "final",
    "on_air": "on air",
    "never_signed": "silent",
}


class Scene:
    """One witness of a devnet, watched through its nodes as any observer could watch it."""

    def __init__(
        self,
        net: Devnet,
        watch: Watch,
        witness: WitnessSettings,
        journal: JournalReader,
        narrator: Narrator,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._net = net
        self._watch = watch
        self._witness = witness
        self._journal = journal
        self._tell = narrator.tell
        self._narrator = narrator
        self._clock = clock
        self._moments = Moments(killed=0.0)
        self._told = self._last_seen = 0
        self._announced: set[str] = set()
        self._updates: dict[str, float] = {}

    async def ready(self, patience: float) -> str:
        """Wait until alerts come through and a producer is on air; return that producer's name.

        Raises:
            StackError: not within `patience` seconds.
        """
        await self._within(patience, self._alerts_come_through(), "alerts did not come through")
        block = await self._within(patience, self._on_air(), "nobody signed for the witness")
        producer = self._name_of(block.signing_key)
        self._tell("on air", f"{producer}: block {block.number} for {self._witness.account}")
        return producer

    async def far_from_its_slot(self, producer: str, seconds: float, patience: float) -> None:
        """Wait for a moment at which no slot that may be the witness' own is near.

        Raises:
            StackError: there was none within `patience` seconds.
        """
        waiting = self._far_from_its_slot(seconds)
        slot = await self._within(patience, waiting, f"no slot was {seconds:g} s away")
        away = slot - self._clock()
        self._tell("wait", f"{producer} has signed; its next slot is {away:.0f} s away or more")

    async def failover(self, producer: str, patience: float) -> Act:
        """Kill the producer and follow what happens until its understudy has signed a block.

        Raises:
            StackError: the switcher did not answer.
        """
        self._told = self._last_seen = self._head().number
        self._moments = Moments(killed=self._clock())
        self._narrator.start_clock()
        await self._net.nodes[producer].kill()
        self._tell("kill", f"{producer} is killed; nobody touches anything from here on")
        off = self._term_key()
        signing = asyncio.create_task(self._signed(off))
        telling = asyncio.create_task(self._tell_journal())
        both = {signing, telling}
        try:
            done, _ = await asyncio.wait(
                both, timeout=patience, return_when=asyncio.FIRST_EXCEPTION
            )
            for task in done:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        self._note_confirmation()
        return self._act(producer, signing.result() if done == both else None)

    @property
    def moments(self) -> Moments:
        """When things happened in the last failover."""
        return self._moments

    def _note_confirmation(self) -> None:
        confirmed = [time for update, time in self._updates.items() if update in self._announced]
        self._moments = replace(self._moments, confirmed=min(confirmed, default=None))

    def _act(self, off: str, first: Applied | None) -> Act:
        missed = 0
        if first is not None:
            entries = self._watch.follower.entries()
            missed = missed_between(entries, self._witness_id(), self._last_seen, first)
        on = self._name_of(first.signing_key) if first else None
        return act(self._moments, off=off, on=on, missed=missed, first_block=first)

    async def _on_air(self) -> Applied:
        """Wait until the key in force has signed a block, and return the newest one."""
        seen = 0
        while (block := self._watch.follower.last_signed(self._term_key())) is None:
            seen = await self._watch.changed(seen)
        return block

    async def _far_from_its_slot(self, seconds: float) -> int:
        """Return when the next slot begins that may be the witness', once that is far enough."""
        seen = 0
        while True:
            slots = self._watch.follower.possible_slots(self._witness_id())
            if slots and slots[0] - self._clock() >= seconds:
                return slots[0]
            seen = await self._watch.changed(seen)

    async def _signed(self, off: str) -> Applied:
        """Wait for a block of the witness that another key than `off` signed; tell all blocks."""
        seen = self._watch.sequence
        while True:
            for entry in self._watch.follower.entries():
                if entry.number > self._told:
                    self._told = entry.number
                    self._tell_block(entry)
                    if entry.witness == self._witness_id() and entry.signing_key != off:
                        return entry
            seen = await self._watch.changed(seen)

    def _tell_block(self, entry: Applied) -> None:
        for slot in entry.missed:
            if slot.witness == self._witness_id():
                visible = (*self._moments.misses_visible, self._clock())
                self._moments = replace(self._moments, misses_visible=visible)
                self._tell("miss", f"{self._witness.account} missed its slot", slot.time)
        for update in entry.updates:
            if update.transaction_id:
                self._updates.setdefault(update.transaction_id, self._clock())
        if entry.witness == self._witness_id():
            producer = self._name_of(entry.signing_key)
            self._tell("signs", f"block {entry.number} for {self._witness.account}: {producer}")

    async def _tell_journal(self) -> None:
        while True:
            for entry in await self._journal.news():
                if entry.time < self._moments.killed:
                    continue
                self._note(entry)
                if (entry.kind, entry.value) == ("ended", "on_air"):
                    return
            await asyncio.sleep(_READ_EVERY)

    def _note(self, entry: Entry) -> None:
        word, sentence = str(entry.kind), self._for_an_audience(entry.sentence)
        if entry.kind == "opened":
            self._moments = replace(self._moments, alert=entry.time)
            word = "alert"
        elif entry.kind == "decision":
            if entry.value == "rotate":
                self._moments = replace(self._moments, decided=entry.time)
            sentence = f"{entry.value}: {sentence}"
        elif entry.kind == "step":
            self._note_step(entry)
            word = _STEP_WORDS.get(entry.value, entry.value)
        self._tell(word, sentence, entry.time)

    def _note_step(self, entry: Entry) -> None:
        if transaction := entry.details.get("transaction_id"):
            self._announced.add(transaction)
        if entry.value == "sent":
            self._moments = replace(self._moments, broadcast=entry.time)

    def _for_an_audience(self, sentence: str) -> str:
        """Return a sentence with names for the long keys, and without what stands in brackets."""
        return _IN_BRACKETS.sub("", with_names(sentence, self._witness))

    async def _alerts_come_through(self) -> None:
        while (await self._journal.status()).alert_path is not AlertPath.OK:
            await asyncio.sleep(_READ_EVERY)

    async def _within(
        self, seconds: float, waiting: Coroutine[Any, Any, Any], otherwise: str
    ) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError as error:
            raise StackError(f"The stage is not set: {otherwise} in {seconds:g} s.") from error

    def _witness_id(self) -> str:
        ids = self._watch.witness_ids(self._witness.account)
        return ids.witness_id if ids else ""

    def _term_key(self) -> str:
        term = self._watch.follower.term(self._witness_id())
        return term.key if term else ""

    def _head(self) -> Applied:
        head = self._watch.follower.head
        assert head is not None
        return head

    def _name_of(self, key: str) -> str:
        producer = self._witness.producer_of(key)
        return producer.name if producer else key
