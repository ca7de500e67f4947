"""What a rotation's transaction refers to, and until when it may be included. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chains.bitshares.follower import Follower
from chains.bitshares.objects import CORE_ASSET

VALID_SECONDS = 300
"""From the reference block's time to the expiration.

Irreversibility lags by up to two rounds, 27 witnesses with a quarter of them missing by some 160 s;
what remains has to leave room for a fork to be decided.
"""

SHORTEST_REST = 30
"""Seconds that must be left at the head; a node that is a little behind refuses nothing."""

_ROUNDING = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """A block that a transaction refers to; `expiration` in seconds since the epoch."""

    number: int
    prefix: int
    expiration: int

    @property
    def short_number(self) -> int:
        """Return the 16 bits of the height that a transaction holds."""
        return self.number & 0xFFFF


@dataclass(frozen=True, slots=True)
class UpdateOrder:
    """A witness_update to be made; ids such as "1.6.1", the fee in the core token's smallest unit.

    It can't be paid in another asset.
    """

    witness_id: str
    account_id: str
    fee: int
    reference: Reference
    new_key: str | None = None
    new_url: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the operation's JSON."""
        body: dict[str, Any] = {
            "fee": {"amount": self.fee, "asset_id": CORE_ASSET},
            "witness": self.witness_id,
            "witness_account": self.account_id,
        }
        if self.new_url is not None:
            body["new_url"] = self.new_url
        if self.new_key is not None:
            body["new_signing_key"] = self.new_key
        return body


@dataclass(frozen=True, slots=True)
class SignedUpdate:
    """A signed transaction as JSON, and its id."""

    id: str
    transaction: dict[str, Any]


def latest_reference(follower: Follower) -> Reference | None:
    """Return the reference for a transaction that is built now, None while none can be.

    The block is irreversible, so the transaction survives a fork switch; its height is rounded down
    so that two switchers that decide alike build one and the same transaction.
    """
    head = follower.head
    if head is None:
        return None
    rounded = head.irreversible - head.irreversible % _ROUNDING
    entry = follower.applied(rounded) or follower.applied(head.irreversible)
    if entry is None:
        return None
    prefix = int.from_bytes(bytes.fromhex(entry.id)[4:8], "little")
    return Reference(entry.number, prefix, entry.time + VALID_SECONDS)
