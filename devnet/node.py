"""A node of the network: its chain, its pending transactions, the keys it can sign with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from devnet.blocks import SignedBlock, sign_block
from devnet.evaluate import apply_transaction
from devnet.forks import ForkChoice
from devnet.keys import DevKey
from devnet.ledger import Ledger
from devnet.operations import Transaction
from devnet.refusals import Frame, RefusedError
from devnet.state import ChainState


class Listener(Protocol):
    """Somebody who is told what happens on a node, as it happens."""

    def block_applied(self, block: SignedBlock, before: ChainState, after: ChainState) -> None:
        """A block was applied; it may be lower than one applied before, after a fork switch."""

    def transaction_pending(self, transaction: Transaction) -> None:
        """A transaction came into the pending state."""


@dataclass(frozen=True, slots=True)
class Production:
    """What became of a slot: the block made, or why this node made none."""

    block: SignedBlock | None
    reason: str


class ChainNode:
    """A node as the chain sees it; the network around it carries its messages.

    `keys` are the signing keys it holds, by their text. A node that was restarted produces once it
    has been in sync; with `stale_production` on a head of any age, so that a network of which all
    hosts were gone can begin again. While it `swallows`, no block of its own holds a transaction;
    transactions that are `forgotten` (ids) don't come back from blocks that are undone.
    """

    def __init__(
        self,
        name: str,
        ledger: Ledger,
        keys: Iterable[DevKey] = (),
        *,
        stale_production: bool = False,
    ) -> None:
        self.name = name
        self.ledger = ledger
        self.keys: Mapping[str, DevKey] = {key.text(ledger.genesis.prefix): key for key in keys}
        self.forks = ForkChoice(ledger)
        self.state = ledger.origin
        self.pending: list[Transaction] = []
        self.pending_state = self.state
        self.listeners: list[Listener] = []
        self.swallows = False
        self.forgotten: set[str] = set()
        self._stale_production = stale_production
        self._may_produce = True

    def block_at(self, number: int) -> SignedBlock | None:
        """Return the block at a height of the chain that this node follows."""
        block_id = self.forks.at(number)
        return None if block_id is None else self.ledger.block(block_id)

    def push_transaction(self, transaction: Transaction) -> None:
        """Take a transaction into the pending state and tell the listeners.

        Raises:
            RefusedError: the transaction is not valid on top of head and pending state.
        """
        transaction.validate()
        transaction.signers  # noqa: B018 - a node recovers the signers before it looks further
        try:
            self.pending_state = self.tried(transaction)
        except RefusedError as refusal:
            push = Frame("", {"trx": transaction.json}, "db_block.cpp", "push_transaction")
            raise refusal.within(push) from refusal
        self.pending.append(transaction)
        for listener in tuple(self.listeners):
            listener.transaction_pending(transaction)

    def tried(self, transaction: Transaction) -> ChainState:
        """Return the state that a transaction would leave, without keeping it.

        Raises:
            RefusedError: it is not valid.
        """
        tapos = self.ledger.tapos(self.state.id)
        return apply_transaction(self.pending_state, transaction, tapos)

    def push_block(self, block: SignedBlock) -> bool:
        """Take a block whose predecessor is known; tell whether the head changed.

        Transactions of undone blocks return to the pending ones where they are still valid.

        Raises:
            InvalidBlockError: the block breaks a rule.
        """
        if self.forks.knows(block.id):
            return False
        self.ledger.add(block)
        move = self.forks.insert(block.id, self.state.irreversible)
        if not move.applied:
            return False
        undone = [self.ledger.block(block_id) for block_id in reversed(move.undone)]
        returned = [item for block in undone for item in block.transactions]
        self.pending = [item for item in returned if item.id not in self.forgotten] + self.pending
        for block_id in move.applied:
            self._apply(self.ledger.block(block_id))
        return True

    def produce(self, now: int, required_participation: int) -> Production:
        """Make the block of the slot that begins now, if it is this node's to make.

        The witness' key in force at the head decides: a node without it stays silent.
        """
        slot = self.state.slot_at(now)
        if not self._may_produce:
            if self.state.slot_time(1) < now:
                return Production(None, "not_synced")
            self._may_produce = True
        if slot == 0 or self.state.slot_time(slot) != now:
            return Production(None, "not_time_yet")
        witness = self.state.witnesses[self.state.scheduled(slot)]
        key = self.keys.get(witness.signing_key)
        if key is None:
            return Production(None, "no_private_key")
        if self.state.participation * 100 < required_participation:
            return Production(None, "low_participation")
        held = [] if self.swallows else self.pending
        block = sign_block(self.state.id, now, witness.id, held, key, self.ledger.genesis.prefix)
        self.push_block(block)
        return Production(block, "produced")

    def forget(self, transaction_ids: Collection[str]) -> None:
        """Drop transactions that are pending, now or when the block that holds them is undone."""
        self.forgotten.update(transaction_ids)
        self.pending = [item for item in self.pending if item.id not in self.forgotten]
        self._try_pending_again()

    def restart(self) -> None:
        """Forget what only memory held, as a process does that was killed."""
        self.pending = []
        self.pending_state = self.state
        self.listeners = []
        self._may_produce = self._stale_production

    def _apply(self, block: SignedBlock) -> None:
        before, self.state = self.state, self.ledger.state(block.id)
        self._try_pending_again()
        for listener in tuple(self.listeners):
            listener.block_applied(block, before, self.state)

    def _try_pending_again(self) -> None:
        candidates, self.pending = self.pending, []
        self.pending_state = self.state
        for transaction in candidates:
            try:
                self.pending_state = self.tried(transaction)
            except RefusedError:  # included, expired, or made invalid by the block: it is dropped
                continue
            self.pending.append(transaction)
