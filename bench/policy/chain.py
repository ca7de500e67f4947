"""A chain in virtual time. Its blocks are applied by the follower; only signatures are left out."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from chains.bitshares.applied import Applied
from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.keys import encode_key
from chains.bitshares.objects import Reading, WitnessIds, WitnessObject
from chains.bitshares.schedule import scheduled, shuffle, slot_time
from chains.bitshares.transactions import (
    WITNESS_UPDATE,
    format_time,
    merkle_root,
    pack_transaction,
    transaction_id,
)
from chains.bitshares.values import WITNESS, instance

PREFIX = "BTS"
WITNESSES = tuple(f"1.6.{number}" for number in range(1, 28))
INTERVAL = 3
"""Seconds from slot to slot; this and the number of witnesses as on the public network."""

OURS = WitnessIds("init0", "1.2.6", WITNESSES[0], "2.5.0")
"""The witness whose host fails."""

WINDOW = 600
"""Seconds in which misses count: the default of `bitshares.missed_window`."""

MISSED_BY_OTHERS = 0.005
"""The share of the other witnesses' slots that stay empty."""

_ROUNDS = 160
_MAINTENANCE, _SKIPPED = 3600, 3
_START = 1_800_000_000
_KEPT = WINDOW // INTERVAL + 10
_PLAIN_SIGNATURE = b"\x1f" + bytes(64)

Signer = Callable[[int, str], bytes | None]
"""Returns the public key that signs the slot of a witness which begins at a time, None for none."""


@dataclass(frozen=True, slots=True)
class UnsignedBlock(Block):
    """A block whose signer is told instead of recovered."""

    key: bytes = b""

    def signer(self) -> bytes:
        """Return the 33 bytes of the key that is taken to have signed it."""
        return self.key


@dataclass(frozen=True, slots=True)
class Update:
    """A witness_update of ours: its transaction, and the id of that."""

    transaction: Mapping[str, Any]
    id: str


class History:
    """Some hours without trouble, from any moment of which a line can go on.

    Our witness signs with `key`, the others miss a slot now and then, and those in `gone` all.
    """

    def __init__(self, draw: Random, key: bytes, gone: Collection[str] = ()) -> None:
        def signer(_time: int, witness: str) -> bytes | None:
            if witness == OURS.witness_id:
                return key
            absent = witness in gone or draw.random() < MISSED_BY_OTHERS
            return None if absent else public_key(witness)

        self.gone = gone
        self._key = key
        follower = self.follower()
        self._entries = list(follower.entries())
        for _ in range(_ROUNDS * len(WITNESSES)):
            self._entries.append(follower.apply(next_block(self._entries[-1], signer)))

    def follower(self) -> Follower:
        """Return a follower that has begun with the first block."""
        keys = {witness: key_text(witness) for witness in WITNESSES}
        keys[OURS.witness_id] = encode_key(self._key, PREFIX)
        first = _block(1, "00" * 20, _START, WITNESSES[1], public_key(WITNESSES[1]))
        shuffled = shuffle(WITNESSES, _START - INTERVAL)
        follower = Follower(PREFIX, WINDOW)
        follower.begin([first], _reading(first, keys, 1, shuffled))
        return follower

    @property
    def span(self) -> tuple[int, int]:
        """Return between which times a line may begin."""
        return self._entries[_KEPT].time, self._entries[-1].time

    def until(self, time: float) -> list[Applied]:
        """Return the last blocks of the history up to a time."""
        end = bisect_right(self._entries, time, key=lambda entry: entry.time)
        return self._entries[max(0, end - _KEPT) : end]


class Line:
    """A chain that goes on from some blocks (`base` of them), made as far as anybody looks."""

    def __init__(self, maker: Follower, blocks: Sequence[Applied], signer: Signer) -> None:
        self.base = len(blocks)
        self._maker = maker
        self._blocks = list(blocks)
        self._signer = signer

    def __getitem__(self, index: int) -> Applied:
        while index >= len(self._blocks):
            self._go_on()
        return self._blocks[index]

    def held(self, index: int) -> list[Applied]:
        """Return the blocks that a follower would hold at the one with an index."""
        return self._blocks[max(0, index + 1 - _KEPT) : index + 1]

    def with_update(self, index: int, update: Update) -> Line:
        """Return the line in which the block with an index holds an update of ours."""
        branch = Line(self._maker, self._blocks[:index], self._signer)
        branch.base = self.base
        branch._go_on(update)
        return branch

    def _go_on(self, update: Update | None = None) -> None:
        self._maker.restore(self.held(len(self._blocks) - 1))
        block = next_block(self._blocks[-1], self._signer, update)
        self._blocks.append(self._maker.apply(block))


def public_key(name: str) -> bytes:
    """Return 33 bytes that stand for the public key of a host, or of another witness."""
    return b"\2" + hashlib.sha256(name.encode()).digest()


def key_text(name: str) -> str:
    """Return the text of a host's key."""
    return encode_key(public_key(name), PREFIX)


def update_to(key: str, expiration: int) -> Update:
    """Return the transaction that puts a key in force for our witness."""
    body = {
        "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
        "witness": OURS.witness_id,
        "witness_account": OURS.account_id,
        "new_signing_key": key,
    }
    transaction = {
        "ref_block_num": 0,
        "ref_block_prefix": 0,
        "expiration": format_time(expiration),
        "operations": [[WITNESS_UPDATE, body]],
        "extensions": [],
        "signatures": [_PLAIN_SIGNATURE.hex()],
        "operation_results": [[0, {}]],
    }
    return Update(transaction, transaction_id(pack_transaction(transaction, PREFIX)))


def next_block(head: Applied, signer: Signer, update: Update | None = None) -> UnsignedBlock:
    """Return the block of the first slot after a head that is filled."""
    assert head.shuffled is not None
    skipped, slot = _SKIPPED if head.maintenance else 0, 1
    while True:
        time = slot_time(head.time, INTERVAL, slot, skipped)
        witness = scheduled(head.shuffled, head.aslot, slot)
        key = signer(time, witness)
        if key is not None:
            return _block(head.number + 1, head.id, time, witness, key, update)
        slot += 1


def reading_at(head: Applied) -> Reading:
    """Return what a node at a head shows, as far as a decision looks at it."""
    keys = {OURS.witness_id: head.terms[OURS.witness_id].key}
    return _reading(head, keys, head.aslot, head.shuffled or (), maintenance=head.maintenance)


def _block(
    number: int, previous: str, time: int, witness: str, key: bytes, update: Update | None = None
) -> UnsignedBlock:
    transactions = (dict(update.transaction),) if update else ()
    root = merkle_root(transactions, PREFIX)
    digest = hashlib.sha256(f"{previous} {time} {witness} {root}".encode()).digest()
    return UnsignedBlock(
        number=number,
        id=f"{number:08x}{digest.hex()[:32]}",
        previous=previous,
        time=time,
        witness=witness,
        merkle_root=root,
        digest=digest,
        signature=_PLAIN_SIGNATURE,
        transactions=transactions,
        key=key,
    )


def _reading(
    head: Applied | Block,
    keys: Mapping[str, str],
    aslot: int,
    shuffled: tuple[str, ...],
    *,
    maintenance: bool = False,
) -> Reading:
    return Reading(
        head_number=head.number,
        head_id=head.id,
        head_time=head.time,
        aslot=aslot,
        after_maintenance=maintenance,
        next_maintenance=(head.time // _MAINTENANCE + 1) * _MAINTENANCE,
        recently_missed=0,
        irreversible=0,
        shuffled=shuffled,
        active=WITNESSES,
        interval=INTERVAL,
        maintenance_interval=_MAINTENANCE,
        skip_slots=_SKIPPED,
        witnesses={_account(w): _witness(w, key) for w, key in keys.items()},
        balances={},
        feeds={},
    )


def _account(witness: str) -> str:
    return f"init{instance(witness, WITNESS) - 1}"


def _witness(witness: str, key: str) -> WitnessObject:
    return WitnessObject(witness, f"1.2.{instance(witness, WITNESS) + 5}", key, 0, 0, 0, "")
