"""Blocks of the devnet: made, signed, and as `get_block` answers them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from chains.bitshares.blocks import Block, header_bytes, parse_block
from chains.bitshares.transactions import format_time, merkle_root
from devnet.keys import DevKey
from devnet.operations import Transaction
from devnet.values import Json


@dataclass(frozen=True, slots=True)
class SignedBlock:
    """A block: as it is verified, as it is answered, and its transactions as they were read."""

    header: Block
    json: Json
    transactions: tuple[Transaction, ...]

    @property
    def id(self) -> str:
        """The block's id, 40 hex digits."""
        return self.header.id

    @property
    def number(self) -> int:
        """The block's height."""
        return self.header.number


def sign_block(
    previous: str,
    time: int,
    witness: str,
    transactions: Sequence[Transaction],
    key: DevKey,
    prefix: str,
) -> SignedBlock:
    """Make a block on top of `previous` (a block id) and sign it."""
    processed = [item.json | {"operation_results": []} for item in transactions]
    root = merkle_root(processed, prefix)
    header = header_bytes(previous, time, witness, root)
    json = {
        "previous": previous,
        "timestamp": format_time(time),
        "witness": witness,
        "transaction_merkle_root": root,
        "extensions": [],
        "witness_signature": key.sign(hashlib.sha256(header).digest()).hex(),
        "transactions": processed,
    }
    return SignedBlock(parse_block(json), json, tuple(transactions))
