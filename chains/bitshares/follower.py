"""The follower: what applied blocks alone say of keys, slots and misses.

Every block is verified before it is applied: linkage, slot time, scheduled witness, the signature
against the key in force and, where they can be serialised, the transactions. Each entry carries
the state after its block, so that a reorganisation is a truncation and nothing has to be undone.
Pure: no I/O, no clock.

Sources: bitshares-core, `libraries/chain/db_block.cpp` (`_apply_block`, `validate_block_header`),
`db_update.cpp` (`update_last_irreversible_block`), `db_maint.cpp`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chains.bitshares.blocks import Block, number_of
from chains.bitshares.keys import decode_key, encode_key
from chains.bitshares.objects import Reading
from chains.bitshares.schedule import (
    SLOT_BITS,
    scheduled,
    shuffle,
    slot_at,
    slot_time,
)
from chains.bitshares.transactions import WitnessUpdate, merkle_root, witness_updates
from chains.errors import (
    ChainError,
    InvalidBlockError,
    InvalidSignatureError,
    MalformedDataError,
    UnpackableOperationError,
)

PROVISIONAL_AFTER = 2.5
"""Seconds after its slot at which a missing block is told as a provisional miss."""

_ROUNDS_KEPT = 3
_MOST_KEPT = 2000
"""Blocks, beyond the window, on a chain whose blocks don't become irreversible."""

_OPEN_TO_VOUCHING = frozenset({"signature", "update"})
_PLAIN_SIGNATURE = 31
"""The least header byte of the signatures that nodes write; lower ones give a block a second id."""

_IRREVERSIBLE_PERCENT = 70
_FILLED_MASK = (1 << SLOT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Term:
    """A signing key's time in force.

    `since_block` holds the witness_update, the key counts from the next slot on; None: since before
    the follower's first block. `proven` is False for a key that only a node's objects named, which
    may be pending.
    """

    key: str
    since_block: int | None = None
    since_time: int | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class MissedSlot:
    """A slot that stayed empty and was charged to its witness (`key` was in force then)."""

    witness: str
    time: int
    key: str | None


@dataclass(frozen=True, slots=True)
class Applied:
    """A block as it was applied, with the state after it.

    `shuffled` is None while the schedule is not known. `filled` holds a bit for each of the last
    128 slots, bit 0 for this block's own.
    """

    number: int
    id: str
    previous: str
    digest: bytes
    time: int
    witness: str
    signing_key: str
    missed: tuple[MissedSlot, ...]
    updates: tuple[WitnessUpdate, ...]
    maintenance: bool
    aslot: int
    filled: int
    shuffled: tuple[str, ...] | None
    active: tuple[str, ...]
    schedule_certain: bool
    active_certain: bool
    terms: Mapping[str, Term]
    confirmed: Mapping[str, int]
    irreversible: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The chain's intervals in seconds; maintenance falls on multiples of its interval + phase."""

    interval: int
    maintenance_interval: int
    maintenance_phase: int
    skip_slots: int

    @classmethod
    def of(cls, reading: Reading) -> Rhythm:
        """Return the rhythm that a node's objects describe."""
        return cls(
            interval=reading.interval,
            maintenance_interval=reading.maintenance_interval,
            maintenance_phase=reading.next_maintenance % reading.maintenance_interval,
            skip_slots=reading.skip_slots,
        )

    def is_maintenance(self, previous_time: int, time: int) -> bool:
        """Tell whether a block is the first at or after a maintenance time."""
        return self._period(previous_time) != self._period(time)

    def _period(self, time: int) -> int:
        return (time - self.maintenance_phase) // self.maintenance_interval


class Follower:
    """The canonical chain's last blocks and what follows from them.

    `window` (seconds) is how far back misses are counted. Witnesses are named by their object id.
    """

    def __init__(self, prefix: str, window: int) -> None:
        self._prefix = prefix
        self._window = window
        self._entries: list[Applied] = []
        self._rhythm = Rhythm(1, 1, 0, 0)
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
        return self._rhythm

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
        skipped = self._skipped(head)
        passed = slot_at(head.time, self._rhythm.interval, int(now - PROVISIONAL_AFTER), skipped)
        if passed >= len(head.active):
            return 0
        owners = (scheduled(head.shuffled, head.aslot, k) for k in range(1, passed + 1))
        return sum(owner == witness for owner in owners)

    def next_slots(self) -> dict[str, int]:
        """Return when each witness' next slot begins, where the next shuffle doesn't decide it."""
        head = self.head
        if head is None or head.shuffled is None:
            return {}
        left_in_round = len(head.active) - head.number % len(head.active)
        interval, skipped = self._rhythm.interval, self._skipped(head)
        return {
            scheduled(head.shuffled, head.aslot, slot): slot_time(
                head.time, interval, slot, skipped
            )
            for slot in range(left_in_round, 0, -1)
        }

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
        before = self._entries, self._rhythm
        try:
            self._begin(blocks, reading, older or {})
        except ChainError:
            self._entries, self._rhythm = before
            raise
        finally:
            self._tallied = ""

    def _begin(self, blocks: Sequence[Block], reading: Reading, older: Mapping[str, Block]) -> None:
        if not blocks or blocks[-1].id != reading.head_id:
            raise InvalidBlockError(reading.head_number, "link", "the blocks don't end at the head")
        self._rhythm = Rhythm.of(reading)
        self._entries = [self._anchor(blocks, reading)]
        for block in blocks[1:]:
            self.apply(block, vouched=True)
        if len(self._entries) > 1:
            # Whether the first block was a maintenance block, after which slots are skipped, can't
            # be told from here: the gap behind it is charged to nobody, and counts as filled.
            self._entries[1] = replace(self._entries[1], missed=(), filled=_FILLED_MASK)
        self._entries[-1] = replace(self._entries[-1], terms=self._terms_at(reading, older))
        self.learn(reading)

    def learn(self, reading: Reading) -> None:
        """Take over what a reading of the head block itself says of schedule and intervals."""
        head = self.head
        if head is None or reading.head_id != head.id:
            return
        self._rhythm = Rhythm.of(reading)
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
                "transactions" or "update"; `open_to_vouching` tells which ones vouching lifts.
            MalformedDataError: an update names a malformed key.
        """
        head = self._entries[-1]
        if block.previous != head.id:
            raise InvalidBlockError(block.number, "link", f"does not follow {head.id}")
        slot = self._slot_of(block, head)
        head = self._checked_schedule(block, head, slot)
        terms, key = self._checked_signature(block, head, vouched)
        updates = self._checked_updates(block, vouched)
        entry = self._entry(block, head, slot, terms, key, updates)
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

    # Verification

    def _slot_of(self, block: Block, head: Applied) -> int:
        interval, skipped = self._rhythm.interval, self._skipped(head)
        slot = slot_at(head.time, interval, block.time, skipped)
        if slot < 1 or slot_time(head.time, interval, slot, skipped) != block.time:
            raise InvalidBlockError(block.number, "slot_time", f"{block.time} is no slot's time")
        return slot

    def _checked_schedule(self, block: Block, head: Applied, slot: int) -> Applied:
        if head.shuffled is None:
            return head
        owner = scheduled(head.shuffled, head.aslot, slot)
        if owner == block.witness:
            return head
        if head.schedule_certain:
            detail = f"the slot is {owner}'s, the block {block.witness}'s"
            raise InvalidBlockError(block.number, "schedule", detail)
        # The set of active witnesses was another one when this round was shuffled. Whom its empty
        # slots belonged to is not known, so nobody keeps a charge.
        self._discharge_round(head)
        return self._entries[-1]

    def _discharge_round(self, head: Applied) -> None:
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if entry.shuffled != head.shuffled:
                break
            self._entries[index] = replace(entry, shuffled=None, missed=())
        self._tallied = ""

    def _checked_signature(
        self, block: Block, head: Applied, vouched: bool
    ) -> tuple[Mapping[str, Term], str]:
        try:
            raw = block.signer()
        except InvalidSignatureError as error:
            raise InvalidBlockError(block.number, "signature", str(error)) from error
        term = head.terms.get(block.witness)
        plain = block.signature[0] >= _PLAIN_SIGNATURE
        if term and decode_key(term.key, self._prefix) == raw and (plain or vouched):
            if term.proven:
                return head.terms, term.key
            return {**head.terms, block.witness: replace(term, proven=True)}, term.key
        key = encode_key(raw, self._prefix)
        if not vouched:
            known = f"{term.key} is in force" if term else "no key of the witness is known"
            raise InvalidBlockError(block.number, "signature", f"signed by {key}, {known}")
        if term is None or not term.proven:
            return {**head.terms, block.witness: Term(key)}, key
        changed = Term(key, since_block=head.number, since_time=head.time)
        return {**head.terms, block.witness: changed}, key

    def _checked_updates(self, block: Block, vouched: bool) -> tuple[WitnessUpdate, ...]:
        """Return the block's updates; the header alone does not say that they are in it."""
        updates = witness_updates(block.transactions, self._prefix)
        try:
            root = merkle_root(block.transactions, self._prefix)
        except (UnpackableOperationError, MalformedDataError) as error:
            if updates and not vouched:
                claimed = ", ".join(f"{update.witness} to {update.new_key}" for update in updates)
                detail = f"unproven ({error}): {claimed}"
                raise InvalidBlockError(block.number, "update", detail) from error
            return updates
        if root != block.merkle_root:
            raise InvalidBlockError(block.number, "transactions", "are not those of the header")
        return updates

    # The state after a block

    def _entry(
        self,
        block: Block,
        head: Applied,
        slot: int,
        terms: Mapping[str, Term],
        key: str,
        updates: tuple[WitnessUpdate, ...],
    ) -> Applied:
        maintenance = self._rhythm.is_maintenance(head.time, block.time)
        reshuffled = block.number % len(head.active) == 0
        active_certain = head.active_certain and not maintenance
        confirmed = {**head.confirmed, block.witness: block.number}
        return Applied(
            number=block.number,
            id=block.id,
            previous=block.previous,
            digest=block.digest,
            time=block.time,
            witness=block.witness,
            signing_key=key,
            missed=self._missed(head, slot),
            updates=updates,
            maintenance=maintenance,
            aslot=head.aslot + slot,
            filled=((head.filled << min(slot, SLOT_BITS)) | 1) & _FILLED_MASK,
            shuffled=shuffle(head.active, block.time) if reshuffled else head.shuffled,
            active=head.active,
            schedule_certain=active_certain if reshuffled else head.schedule_certain,
            active_certain=active_certain,
            terms=_with_updates(terms, updates, block),
            confirmed=confirmed,
            irreversible=max(head.irreversible, _irreversible(confirmed, head.active)),
        )

    def _missed(self, head: Applied, slot: int) -> tuple[MissedSlot, ...]:
        if head.shuffled is None or slot - 1 >= len(head.active):
            return ()
        interval, skipped = self._rhythm.interval, self._skipped(head)
        missed = []
        for empty in range(1, slot):
            owner = scheduled(head.shuffled, head.aslot, empty)
            term = head.terms.get(owner)
            time = slot_time(head.time, interval, empty, skipped)
            missed.append(MissedSlot(owner, time, term.key if term else None))
        return tuple(missed)

    def _skipped(self, head: Applied) -> int:
        return self._rhythm.skip_slots if head.maintenance else 0

    def _anchor(self, blocks: Sequence[Block], reading: Reading) -> Applied:
        first = blocks[0]
        key = encode_key(first.signer(), self._prefix)
        known = first.number % len(reading.active) == 0
        return Applied(
            number=first.number,
            id=first.id,
            previous=first.previous,
            digest=first.digest,
            time=first.time,
            witness=first.witness,
            signing_key=key,
            missed=(),
            updates=(),
            maintenance=False,
            aslot=reading.aslot - self._slots_between(blocks),
            filled=_FILLED_MASK,
            shuffled=shuffle(reading.active, first.time) if known else None,
            active=reading.active,
            schedule_certain=False,
            active_certain=False,
            terms=_with_updates(
                {first.witness: Term(key)}, self._checked_updates(first, vouched=True), first
            ),
            confirmed={first.witness: first.number},
            irreversible=0,
        )

    def _slots_between(self, blocks: Sequence[Block]) -> int:
        total, maintenance = 0, False
        for before, after in pairwise(blocks):
            skipped = self._rhythm.skip_slots if maintenance else 0
            total += slot_at(before.time, self._rhythm.interval, after.time, skipped)
            maintenance = self._rhythm.is_maintenance(before.time, after.time)
        return total

    def _terms_at(self, reading: Reading, older: Mapping[str, Block]) -> Mapping[str, Term]:
        terms = dict(self._entries[-1].terms)
        for witness in reading.witnesses.values():
            if witness.id not in terms:
                last, shown = older.get(witness.id), decode_key(witness.signing_key, self._prefix)
                proven = last is not None and (
                    last.witness == witness.id and last.signer() == shown
                )
                terms[witness.id] = Term(witness.signing_key, proven=proven)
        return terms

    # Figures over the window

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


def open_to_vouching(error: InvalidBlockError) -> bool:
    """Tell whether a block is refused only for what most nodes' word can make up for."""
    return error.reason in _OPEN_TO_VOUCHING


def _with_updates(
    terms: Mapping[str, Term], updates: Sequence[WitnessUpdate], block: Block
) -> Mapping[str, Term]:
    for update in updates:
        before = terms.get(update.witness)
        # A key that only a node had shown may be this very update, seen while it was pending.
        known = before is not None and before.proven and before.key == update.new_key
        if update.new_key is not None and not known:
            changed = Term(update.new_key, since_block=block.number, since_time=block.time)
            terms = {**terms, update.witness: changed}
    return terms


def _irreversible(confirmed: Mapping[str, int], active: Sequence[str]) -> int:
    heights = sorted(confirmed.get(witness, 0) for witness in active)
    return heights[len(heights) * (100 - _IRREVERSIBLE_PERCENT) // 100]
