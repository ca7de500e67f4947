"""A chain on which anything may happen to one witness, and what was sent to it by whom.

What the switcher sees of it is the script's; what is true is kept apart: who signs, which key is in
force, and what became of each transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.keys import null_key
from chains.bitshares.transactions import pack_transaction, parse_time, transaction_id
from chains.bitshares.views import NodeView
from chains.errors import NodeRefusedError, NodeTimeoutError
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, NOBODY, NODES, Script

HOSTS = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}
RING = {key.text(PREFIX): host for host, key in HOSTS.items()}
DAY = 86_400
_FORKS = 40
"""Blocks back to which the chain may be reorganised; beyond them they are irreversible."""

sender: ContextVar[str] = ContextVar("sender")
"""Who sends what is sent now."""


class _NullKey(DevKey):
    """The key that nobody has."""

    def text(self, prefix: str) -> str:
        return null_key(prefix)


NULL = _NullKey("null")
KEYS = {key.text(PREFIX): key for key in (ALPHA, BETA, GAMMA, NOBODY, NULL)}


class Mood(StrEnum):
    """What a node does with a transaction."""

    TAKES = "takes"
    REFUSES = "refuses"
    SILENT = "takes it and does not answer"
    DEAF = "neither takes it nor answers"


@dataclass(frozen=True)
class Sent:
    """A transaction as it first went out, and what was true at that moment."""

    id: str
    who: str
    time: float
    from_key: str
    to_key: str
    expiration: int
    has_signed: bool
    misses: int
    away: bool
    rivals: tuple[str, ...]


class World(Script):
    """The script, with a pool of transactions, forks, owners and days."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.included: dict[str, float] = {}
        self.alive = {"alpha": True, "beta": True, "gamma": True}
        self.producers_up = dict.fromkeys(self.alive, True)
        self.moods = dict.fromkeys(NODES, Mood.TAKES)
        self.liar: DevKey | None = None
        self.sent: list[Sent] = []
        self.stale: list[str] = []
        self._past: list[ForgedChain] = []
        self._forks = 0

    # What is true

    @property
    def in_force(self) -> str:
        """Return the key in force at the head."""
        return self.chain.keys[INIT0].text(PREFIX)

    def signs(self) -> bool:
        """Tell whether anybody signs with the key in force."""
        if (host := RING.get(self.in_force)) is not None:
            return self.alive[host]
        return self.chain.keys[INIT0] is NOBODY

    # What happens

    def turn(self, *, include: bool = True, dead: Collection[str] = ()) -> None:
        """Have the next block made by the next one who lives; `dead` ones let their slots pass."""
        slot = 1
        while self._is_missed(slot, dead):
            slot += 1
        wanted = [tx for tx in self.pending.values() if self._may_be_included(tx)]
        self.make(slot, wanted[0] if include and wanted else None)

    def make(
        self, slot: int = 1, transaction: dict[str, Any] | None = None, key: DevKey | None = None
    ) -> Block:
        """Fill a slot with a block that holds a transaction, or a change by somebody else."""
        self._past = [*self._past[1 - _FORKS :], self.chain.copy()]
        updates = {} if key is None else {INIT0: key}
        if transaction is not None:
            updates = {INIT0: KEYS[transaction["operations"][0][1]["new_signing_key"]]}
        self._included = transaction
        try:
            block = self.chain.produce(slot, updates, salt=f"{self._forks}" if self._forks else "")
        finally:
            self._included = None
        if transaction is not None:
            self.pending.pop(_id(transaction))
            self.included[_id(transaction)] = block.time
        self._forget_what_expired()
        self.follower.apply(block)
        self.now = max(self.now, block.time + 0.2)
        self.hear()
        return block

    def fork_off(self, depth: int, *, lost: bool) -> None:
        """Leave so many blocks for others in the same slots; their transactions may be `lost`."""
        head = self.follower.head
        assert head is not None
        depth = min(depth, len(self._past), head.number - head.irreversible)
        if depth == 0:
            return
        gone = self.chain.blocks[-depth:]
        self.chain, self._past = self._past[-depth], self._past[:-depth]
        self.follower.rewind(self.chain.id)
        self._forks += 1
        for transaction in (each for block in gone for each in block.transactions):
            name = _id(transaction)
            if self.included.pop(name, None) is not None and not lost:
                self.pending[name] = {k: v for k, v in transaction.items() if k in _SENT}
        for _ in range(depth + 1):
            self.turn(include=False)

    def pass_days(self, days: int) -> None:
        """Have the chain go on unwatched for days, after which it is followed anew."""
        last = {block.witness: block for block in self.chain.blocks}
        self.chain.time += days * DAY
        self.chain.aslot += days * DAY // self.chain.interval
        self.chain.blocks, self._past = [], []
        for _ in range(30):
            self.chain.produce(2 if self._is_missed(1, ()) else 1)
        self._forget_what_expired()
        found = {block.witness for block in self.chain.blocks}
        older = {witness: block for witness, block in last.items() if witness not in found}
        self.follower = Follower(PREFIX, 600)
        self.follower.begin(self.chain.blocks, self.chain.reading(), older)
        self.now = self.chain.time + 0.2
        self.hear()

    # What nodes say

    def _view(self, name: str, *, up: bool | None = None) -> NodeView:
        view = super()._view(name, up=up)
        shown = next(iter(self.pending.values()), None)
        if name in NODES and shown is not None and view.reading is not None:
            pending = KEYS[shown["operations"][0][1]["new_signing_key"]]
            return _with(view, self.chain.reading({INIT0: pending}).witnesses)
        if name == NODES[0] and self.liar is not None and view.reading is not None:
            return _with(view, self.chain.reading({INIT0: self.liar}).witnesses)
        return view

    def _take(self, node: str, transaction: dict[str, Any]) -> None:
        self._note(transaction)
        mood = self.moods[node]
        if mood is Mood.REFUSES:
            raise NodeRefusedError(node, 10, "Assert Exception")
        if mood is Mood.DEAF:
            raise NodeTimeoutError(node, "no answer")
        name = _id(transaction)
        if name in {*self.pending, *self.included}:
            raise NodeRefusedError(node, 3030001, "duplicate transaction")
        if self._may_be_included(transaction):
            self.pending[name] = transaction
        if mood is Mood.SILENT:
            raise NodeTimeoutError(node, "no answer")

    def _note(self, transaction: dict[str, Any]) -> None:
        name, who = _id(transaction), sender.get()
        body = transaction["operations"][0][1]
        for each in self.sent:
            if (each.id, each.who) == (name, who):
                if each.from_key != self.in_force:
                    self.stale.append(name)
                return
        term = self.follower.term(INIT0)
        assert term is not None
        signed = self.follower.last_signed(self.in_force)
        since = term.since_block
        host = RING.get(self.in_force)
        own = {each.id for each in self.sent if each.who == who}
        self.sent.append(
            Sent(
                name,
                who,
                self.now,
                self.in_force,
                body["new_signing_key"],
                parse_time(transaction["expiration"]),
                since is None or (signed is not None and signed.number > since),
                len(self.follower.recent_misses(INIT0)),
                host is not None and not self.producers_up[host],
                tuple(own & self.pending.keys()),
            )
        )

    # Inside

    def _is_missed(self, slot: int, dead: Collection[str]) -> bool:
        owner = self.chain.owner(slot)
        return owner in dead or (owner == INIT0 and not self.signs())

    def _forget_what_expired(self) -> None:
        """Have nodes keep nothing that no block can hold any more."""
        pending = self.pending.items()
        self.pending = {name: each for name, each in pending if self._may_be_included(each)}

    def _may_be_included(self, transaction: dict[str, Any]) -> bool:
        return self.chain.time <= parse_time(transaction["expiration"])


_SENT = (
    "ref_block_num",
    "ref_block_prefix",
    "expiration",
    "operations",
    "extensions",
    "signatures",
)


def _with(view: NodeView, witnesses: Any) -> NodeView:
    assert view.reading is not None
    return replace(view, reading=replace(view.reading, witnesses=witnesses))


def _id(transaction: dict[str, Any]) -> str:
    return transaction_id(pack_transaction(transaction, PREFIX))
