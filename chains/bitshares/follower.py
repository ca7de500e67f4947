"""The follower: what applied blocks alone say of keys, slots and misses.

Every block is verified before it is applied: linkage, slot time, scheduled witness, the signature
against the key in force and, where they can be serialised, the transactions. Each entry carries
the state after its block, so that a reorganisation is a truncation and nothing has to be undone.
Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from chains.bitshares.applied import ALL_FILLED, Applied, Rhythm
from chains.bitshares.blocks import Block, number_of
from chains.bitshares.followed import Followed
from chains.bitshares.objects import Reading
from chains.bitshares.rules import Rules
from chains.bitshares.transactions import witness_updates
from chains.errors import ChainError, InvalidBlockError

_ROUNDS_KEPT = 3
_MOST_KEPT = 2000
"""Blocks, beyond the window, on a chain whose blocks don't become irreversible."""


class Follower(Followed):
    """The canonical chain's last blocks, each verified before it is added."""

    def begin(
        self, blocks: Sequence[Block], reading: Reading, older: Mapping[str, Block] | None = None
    ) -> None:
        """Start over from consecutive blocks that end at the reading's head.

        `older` holds, by witness id, the last block of witnesses that signed none of `blocks`.

        Raises:
            InvalidBlockError: the blocks break a rule, or do not end at the reading's head.
            MalformedDataError: a signature or key is none. Either way, all is as before.
        """
        before = self._entries, self._rules
        try:
            self._begin(blocks, reading, older or {})
        except ChainError:
            self._entries, self._rules = before
            raise
        finally:
            self._tallied = ""

    def _begin(self, blocks: Sequence[Block], reading: Reading, older: Mapping[str, Block]) -> None:
        if not blocks or blocks[-1].id != reading.head_id:
            raise InvalidBlockError(reading.head_number, "link", "the blocks don't end at the head")
        self._rules = Rules(self._prefix, Rhythm.of(reading))
        self._entries = [self._rules.anchor(blocks, reading)]
        for block in blocks[1:2]:
            # Whether the first block was a maintenance block, after which slots are skipped, can't
            # be told from here: the gap behind it is charged to nobody, and counts as filled.
            entry = self.apply(block, vouched=True)
            self._entries[-1] = replace(entry, missed=(), filled=ALL_FILLED)
        for block in blocks[2:]:
            self.apply(block, vouched=True)
        head = self._entries[-1]
        terms = self._rules.completed(head.terms, reading, older)
        self._entries[-1] = replace(head, terms=terms)
        self.learn(reading)

    def learn(self, reading: Reading) -> None:
        """Take over what a reading of the head block itself says of schedule and intervals."""
        head = self.head
        if head is None or reading.head_id != head.id:
            return
        self._rules = Rules(self._prefix, Rhythm.of(reading))
        self._entries[-1] = replace(
            head,
            aslot=reading.aslot,
            maintenance=reading.after_maintenance,
            # What is the same is kept once, not once in each block.
            shuffled=head.shuffled if head.shuffled == reading.shuffled else reading.shuffled,
            active=head.active if head.active == reading.active else reading.active,
            schedule_certain=True,
            active_certain=True,
        )

    def apply(self, block: Block, *, vouched: bool = False) -> Applied:
        """Verify a block and put it on the head.

        `vouched` says that most nodes have the block, so that what it can't prove by itself is
        believed: a signature by another key than the one in force is the news of a change that no
        block shows (a proposal may carry one), and updates hold that stand among transactions which
        can't be serialised here.

        Raises:
            InvalidBlockError: with reason "link", "slot_time", "schedule", "signature",
                "transactions" or "update"; `rules.open_to_vouching` tells which vouching lifts.
            MalformedDataError: an update names a malformed key.
        """
        slot = self._rules.slot_of(block, self._entries[-1])
        if not self._rules.is_scheduled(block, self._entries[-1], slot):
            self._discharge_round()
        entry = self._rules.applied(block, self._entries, slot, vouched=vouched)
        self._entries.append(entry)
        self._forget_old()
        return entry

    def check(self, block: Block) -> None:
        """Verify the header of a block that follows one that is held, without adding it.

        Raises:
            InvalidBlockError: with reason "link", "slot_time", "schedule" or "signature".
        """
        parent = self.applied(block.number - 1)
        if parent is None or parent.id != block.previous:
            raise InvalidBlockError(block.number, "link", "follows no block that is held")
        self._rules.check_header(block, parent)

    def check_updates(self, block: Block) -> None:
        """Verify that a block holds the updates that it shows, if it shows any.

        Raises:
            InvalidBlockError: with reason "transactions" or, open to vouching, "update".
            MalformedDataError: an update names a malformed key.
        """
        if witness_updates(block.transactions, self._prefix):
            self._rules.checked_updates(block, vouched=False)

    def rewind(self, block_id: str) -> tuple[Applied, ...]:
        """Drop every block after `block_id` and return them, oldest first.

        Raises:
            KeyError: the block is not held.
        """
        if not self.holds(block_id):
            raise KeyError(block_id)
        keep = number_of(block_id) - self._entries[0].number + 1
        dropped = tuple(self._entries[keep:])
        del self._entries[keep:]
        return dropped

    def restore(self, entries: Sequence[Applied]) -> None:
        """Put back what `entries()` returned earlier, after a branch that broke a rule."""
        self._entries = list(entries)
        self._tallied = ""

    # Inside

    def _discharge_round(self) -> None:
        """Charge nobody in the present round.

        The set of active witnesses was another one when it was shuffled, so whom its empty slots
        belonged to is not known.
        """
        head = self._entries[-1]
        present = takewhile(lambda e: e.shuffled == head.shuffled, reversed(self._entries))
        discharged = [replace(entry, shuffled=None, missed=()) for entry in present]
        self._entries[-len(discharged) :] = reversed(discharged)
        self._tallied = ""

    def _forget_old(self) -> None:
        head = self._entries[-1]
        oldest_number = min(
            head.number - _ROUNDS_KEPT * len(head.active),
            max(head.irreversible - 1, head.number - _MOST_KEPT),
        )
        keep_from = 0
        while (
            self._entries[keep_from].number < oldest_number
            and self._entries[keep_from].time < head.time - self._window
        ):
            keep_from += 1
        del self._entries[:keep_from]
