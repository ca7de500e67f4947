"""The chain's rules: what a block must be to follow another, and the state after it. Pure.

Sources: bitshares-core, `libraries/chain/db_block.cpp` (`_apply_block`, `validate_block_header`),
`db_update.cpp` (`update_last_irreversible_block`), `db_witness_schedule.cpp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chains.bitshares.applied import ALL_FILLED, Applied, MissedSlot, Rhythm, Term
from chains.bitshares.blocks import Block
from chains.bitshares.keys import decode_key, encode_key
from chains.bitshares.objects import Reading
from chains.bitshares.schedule import SLOT_BITS, scheduled, shuffle, slot_at, slot_time
from chains.bitshares.transactions import WitnessUpdate, merkle_root, witness_updates
from chains.errors import (
    InvalidBlockError,
    InvalidSignatureError,
    MalformedDataError,
    UnpackableOperationError,
)

_OPEN_TO_VOUCHING = frozenset({"signature", "update"})
_PLAIN_SIGNATURE = 31
"""The least header byte of the signatures that nodes write; lower ones give a block a second id."""

_IRREVERSIBLE_PERCENT = 70


def open_to_vouching(error: InvalidBlockError) -> bool:
    """Tell whether a block is refused only for what most nodes' word can make up for."""
    return error.reason in _OPEN_TO_VOUCHING


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a chain with a rhythm, whose keys' texts begin with `prefix`."""

    prefix: str
    rhythm: Rhythm

    def skipped(self, head: Applied) -> int:
        """Return how many slots are skipped after a block, which is so after a maintenance."""
        return self.rhythm.skip_slots if head.maintenance else 0

    def slot_of(self, block: Block, head: Applied) -> int:
        """Return which slot after the head a block fills.

        Raises:
            InvalidBlockError: with reason "link" or "slot_time".
        """
        if block.previous != head.id:
            raise InvalidBlockError(block.number, "link", f"does not follow {head.id}")
        interval, skipped = self.rhythm.interval, self.skipped(head)
        slot = slot_at(head.time, interval, block.time, skipped)
        if slot < 1 or slot_time(head.time, interval, slot, skipped) != block.time:
            raise InvalidBlockError(block.number, "slot_time", f"{block.time} is no slot's time")
        return slot

    def is_scheduled(self, block: Block, head: Applied, slot: int) -> bool:
        """Tell whether a slot is the witness' who filled it, as far as the schedule is known.

        Raises:
            InvalidBlockError: with reason "schedule", where the schedule is certain.
        """
        if head.shuffled is None:
            return True
        owner = scheduled(head.shuffled, head.aslot, slot)
        if owner != block.witness and head.schedule_certain:
            detail = f"the slot is {owner}'s, the block {block.witness}'s"
            raise InvalidBlockError(block.number, "schedule", detail)
        return owner == block.witness

    def missed(self, head: Applied, slot: int) -> tuple[MissedSlot, ...]:
        """Return whom the slots before a slot after the head are charged to, were it filled now.

        Nobody, where a whole round or more stayed empty: then the chain stood still.
        """
        if head.shuffled is None or slot - 1 >= len(head.active):
            return ()
        interval, skipped = self.rhythm.interval, self.skipped(head)
        owners = [scheduled(head.shuffled, head.aslot, empty) for empty in range(1, slot)]
        others = len(set(owners)) - 1
        missed = []
        for empty, owner in enumerate(owners, 1):
            term = head.terms.get(owner)
            time = slot_time(head.time, interval, empty, skipped)
            missed.append(MissedSlot(owner, time, term.key if term else None, others))
        return tuple(missed)

    def check_header(self, block: Block, head: Applied) -> None:
        """Verify the header of a block after `head`, its signature where the key is known.

        Raises:
            InvalidBlockError: with reason "link", "slot_time", "schedule" or "signature".
        """
        self.is_scheduled(block, head, self.slot_of(block, head))
        term = head.terms.get(block.witness)
        self._checked_signature(block, head, vouched=term is None or not term.proven)

    def applied(
        self, block: Block, before: Sequence[Applied], slot: int, *, vouched: bool
    ) -> Applied:
        """Verify signature and transactions, and return the state after the block.

        `before` are the blocks that are held, the head last.

        Raises:
            InvalidBlockError: with reason "signature", "transactions" or "update".
            MalformedDataError: an update names a malformed key.
        """
        head = before[-1]
        terms, key = self._checked_signature(block, head, vouched)
        updates = self.checked_updates(block, vouched=vouched)
        maintenance = self.rhythm.is_maintenance(head.time, block.time)
        reshuffled = block.number % len(head.active) == 0
        active_certain = head.active_certain and not maintenance
        return Applied(
            number=block.number,
            id=block.id,
            previous=block.previous,
            digest=block.digest,
            time=block.time,
            witness=block.witness,
            signing_key=key,
            missed=self.missed(head, slot),
            updates=updates,
            maintenance=maintenance,
            aslot=head.aslot + slot,
            filled=((head.filled << min(slot, SLOT_BITS)) | 1) & ALL_FILLED,
            shuffled=shuffle(head.active, block.time) if reshuffled else head.shuffled,
            active=head.active,
            schedule_certain=active_certain if reshuffled else head.schedule_certain,
            active_certain=active_certain,
            terms=_with_updates(terms, updates, block),
            irreversible=_irreversible(block, before),
        )

    def anchor(self, blocks: Sequence[Block], reading: Reading) -> Applied:
        """Return the state after the first of the blocks that end at a reading's head.

        Raises:
            InvalidSignatureError: nobody can have signed it.
            InvalidBlockError: with reason "transactions".
        """
        first = blocks[0]
        key = encode_key(first.signer(), self.prefix)
        known = first.number % len(reading.active) == 0
        updates = self.checked_updates(first, vouched=True)
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
            filled=ALL_FILLED,
            shuffled=shuffle(reading.active, first.time) if known else None,
            active=reading.active,
            schedule_certain=False,
            active_certain=False,
            terms=_with_updates({first.witness: Term(key)}, updates, first),
            irreversible=0,
        )

    def completed(
        self, terms: Mapping[str, Term], reading: Reading, older: Mapping[str, Block]
    ) -> Mapping[str, Term]:
        """Return terms with those of witnesses that no block told of, as a node shows them.

        `older` holds, by witness id, the last block of such a witness, which may prove its key.

        Raises:
            InvalidSignatureError: nobody can have signed such a block.
        """
        complete = dict(terms)
        for witness in reading.witnesses.values():
            if witness.id not in terms:
                last, shown = older.get(witness.id), decode_key(witness.signing_key, self.prefix)
                proven = last is not None and (
                    last.witness == witness.id and last.signer() == shown
                )
                complete[witness.id] = Term(witness.signing_key, proven=proven)
        return complete

    def _checked_signature(
        self, block: Block, head: Applied, vouched: bool
    ) -> tuple[Mapping[str, Term], str]:
        try:
            raw = block.signer()
        except InvalidSignatureError as error:
            raise InvalidBlockError(block.number, "signature", str(error)) from error
        term = head.terms.get(block.witness)
        plain = block.signature[0] >= _PLAIN_SIGNATURE
        if term and decode_key(term.key, self.prefix) == raw and (plain or vouched):
            if term.proven:
                return head.terms, term.key
            return {**head.terms, block.witness: replace(term, proven=True)}, term.key
        key = encode_key(raw, self.prefix)
        if not vouched:
            known = f"{term.key} is in force" if term else "no key of the witness is known"
            raise InvalidBlockError(block.number, "signature", f"signed by {key}, {known}")
        if term is None or not term.proven:
            return {**head.terms, block.witness: Term(key)}, key
        changed = Term(key, since_block=head.number, since_time=head.time)
        return {**head.terms, block.witness: changed}, key

    def checked_updates(self, block: Block, *, vouched: bool) -> tuple[WitnessUpdate, ...]:
        """Return the block's updates; the header alone does not say that they are in it.

        Raises:
            InvalidBlockError: with reason "transactions" or "update".
            MalformedDataError: an update names a malformed key.
        """
        updates = witness_updates(block.transactions, self.prefix)
        try:
            root = merkle_root(block.transactions, self.prefix)
        except (UnpackableOperationError, MalformedDataError) as error:
            if updates and not vouched:
                claimed = ", ".join(f"{update.witness} to {update.new_key}" for update in updates)
                detail = f"unproven ({error}): {claimed}"
                raise InvalidBlockError(block.number, "update", detail) from error
            return updates
        if root != block.merkle_root:
            raise InvalidBlockError(block.number, "transactions", "are not those of the header")
        return updates

    def _slots_between(self, blocks: Sequence[Block]) -> int:
        total, maintenance = 0, False
        for before, after in pairwise(blocks):
            skipped = self.rhythm.skip_slots if maintenance else 0
            total += slot_at(before.time, self.rhythm.interval, after.time, skipped)
            maintenance = self.rhythm.is_maintenance(before.time, after.time)
        return total


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


def _irreversible(block: Block, before: Sequence[Applied]) -> int:
    """Return the newest height after which enough of the active witnesses have signed.

    Looked for backwards: a table of who signed last would be as long as the round, in each block.
    """
    head = before[-1]
    lacking = set(head.active)
    enough = len(lacking) * (100 - _IRREVERSIBLE_PERCENT) // 100
    lacking.discard(block.witness)
    number = block.number
    for entry in reversed(before):
        if len(lacking) <= enough or number <= head.irreversible:
            break
        lacking.discard(entry.witness)
        number = entry.number
    return max(number, head.irreversible) if len(lacking) <= enough else head.irreversible
