"""The follower: what applied blocks alone say of keys, slots and misses.

Every block is verified before it is applied: linkage, slot time, scheduled witness, the signature
against the key in force and, where they can be serialised, the transactions. Each entry carries
the state after its block, so that a reorganisation is a truncation and nothing has to be undone.
Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chains.bitshares.applied import ALL_FILLED, Applied, MissedSlot, Rhythm, Term
from chains.bitshares.blocks import Block, number_of
from chains.bitshares.keys import decode_key
from chains.bitshares.objects import Reading
from chains.bitshares.rules import Rules
from chains.bitshares.schedule import scheduled, slot_at, slot_time
from chains.bitshares.transactions import WitnessUpdate
from chains.errors import ChainError, InvalidBlockError, InvalidSignatureError

PROVISIONAL_AFTER = 2.5
"""Seconds after its slot at which a missing block is told as a provisional miss."""

_ROUNDS_KEPT = 3
_MOST_KEPT = 2000
"""Blocks, beyond the window, on a chain whose blocks don't become irreversible."""


class Follower:
    """The canonical chain's last blocks and what follows from them.

    `window` (seconds) is how far back misses are counted. Witnesses are named by their object id.
    """

    def __init__(self, prefix: str, window: int) -> None:
        self._prefix = prefix
        self._window = window
        self._entries: list[Applied] = []
        self._rules = Rules(prefix, Rhythm(1, 1, 0, 0))
        self._misses: dict[str, list[tuple[int, MissedSlot]]] = {}
        self._tallied = ""

    # What is known

    @property
    def head(self) -> Applied | None:
        """Return the newest applied block, None before `begin`."""
        return self._entries[-1] if self._entries else None

    @property
    def rhythm(self) -> Rhythm:
        """Return the chain's intervals."""
        return self._rules.rhythm

    @property
    def oldest(self) -> Applied | None:
        """Return the oldest block that is still held, None before `begin`."""
        return self._entries[0] if self._entries else None

    def entries(self) -> Sequence[Applied]:
        """Return the applied blocks that are still held, oldest first."""
        return tuple(self._entries)

    def applied(self, number: int) -> Applied | None:
        """Return the applied block of a height, None where it is not held."""
        if not self._entries:
            return None
        index = number - self._entries[0].number
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def holds(self, block_id: str) -> bool:
        """Tell whether a block id is part of the chain that is held."""
        found = self.applied(number_of(block_id))
        return found is not None and found.id == block_id

    def term(self, witness: str) -> Term | None:
        """Return the term in force for the next slot, None for a witness never met."""
        return self._entries[-1].terms.get(witness) if self._entries else None

    def recent_misses(self, witness: str) -> list[MissedSlot]:
        """Return the slots missed within the window before the head, in the key's present term."""
        head, term = self.head, self.term(witness)
        if head is None or term is None:
            return []
        since = -1 if term.since_block is None else term.since_block
        return [
            slot
            for number, slot in self._tally().get(witness, ())
            if number > since and slot.time > head.time - self._window
        ]

    def provisional_misses(self, witness: str, now: float) -> int:
        """Return how many slots after the head passed without a block, 0 if the chain stands."""
        head = self.head
        if head is None or head.shuffled is None:
            return 0
        interval, skipped = self.rhythm.interval, self._rules.skipped(head)
        passed = slot_at(head.time, interval, int(now - PROVISIONAL_AFTER), skipped)
        if passed >= len(head.active):
            return 0
        owners = (scheduled(head.shuffled, head.aslot, k) for k in range(1, passed + 1))
        return sum(owner == witness for owner in owners)

    def next_slots(self) -> dict[str, int]:
        """Return when each witness' next slot begins, where the next shuffle doesn't decide it."""
        head = self.head
        if head is None or head.shuffled is None:
            return {}
        return {
            scheduled(head.shuffled, head.aslot, slot): self._slot_after(head, slot)
            for slot in range(self._left_in_round(head), 0, -1)
        }

    def possible_slots(self, witness: str) -> list[int]:
        """Return when slots begin that are, or after the next shuffle may be, the witness' own.

        Soonest first, up to the end of the next round: those of its own in this round, and every
        slot after the shuffle. Empty for a witness that is not active.
        """
        head = self.head
        if head is None or witness not in head.active:
            return []
        left = self._left_in_round(head)
        return [
            self._slot_after(head, slot)
            for slot in range(1, left + len(head.active) + 1)
            if slot > left
            or head.shuffled is None
            or scheduled(head.shuffled, head.aslot, slot) == witness
        ]

    def shuffle_due(self) -> int:
        """Return when the first slot begins that the next shuffle gives away, 0 before `begin`.

        That is the soonest; each slot that is missed until then puts it off.
        """
        head = self.head
        if head is None:
            return 0
        known = head.shuffled is not None
        return self._slot_after(head, self._left_in_round(head) + 1 if known else 1)

    def next_block_due(self) -> int:
        """Return when the first slot after the head begins, 0 before `begin`."""
        return self._slot_after(self.head, 1) if self.head else 0

    def last_signed(self, signing_key: str) -> Applied | None:
        """Return the newest block held that a key signed."""
        return next((e for e in reversed(self._entries) if e.signing_key == signing_key), None)

    def signed_like(self, entry: Applied, block: Block) -> bool:
        """Tell whether a block was signed by the same key as one that is held."""
        try:
            return block.signer() == decode_key(entry.signing_key, self._prefix)
        except InvalidSignatureError:
            return False

    def updates(self) -> Iterator[tuple[Applied, WitnessUpdate]]:
        """Yield every witness_update that is held with its block, newest first."""
        for entry in reversed(self._entries):
            for update in reversed(entry.updates):
                yield entry, update

    # How it comes to be known

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
            shuffled=reading.shuffled,
            active=reading.active,
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
        entry = self._rules.applied(block, self._entries[-1], slot, vouched=vouched)
        self._entries.append(entry)
        self._forget_old()
        return entry

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

    def _left_in_round(self, head: Applied) -> int:
        """Return how many slots are left until the next shuffle, if all of them are filled."""
        return len(head.active) - head.number % len(head.active)

    def _slot_after(self, head: Applied, slot: int) -> int:
        return slot_time(head.time, self.rhythm.interval, slot, self._rules.skipped(head))

    def _discharge_round(self) -> None:
        """Charge nobody in the present round.

        The set of active witnesses was another one when it was shuffled, so whom its empty slots
        belonged to is not known.
        """
        head = self._entries[-1]
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if entry.shuffled != head.shuffled:
                break
            self._entries[index] = replace(entry, shuffled=None, missed=())
        self._tallied = ""

    def _tally(self) -> dict[str, list[tuple[int, MissedSlot]]]:
        head = self._entries[-1]
        if self._tallied != head.id:
            self._misses = {}
            for entry in self._entries:
                for slot in entry.missed:
                    self._misses.setdefault(slot.witness, []).append((entry.number, slot))
            self._tallied = head.id
        return self._misses

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
