"""Blocks: their header's binary form, id and signer.

Source: bitshares-core, `libraries/protocol/block.cpp` (`block_header::num_from_id`,
`signed_block_header::id`, `signed_block_header::signee`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from chains.bitshares.keys import recover_key
from chains.bitshares.transactions import Json, parse_time, varint
from chains.bitshares.values import WITNESS, instance
from chains.errors import MalformedDataError

_HASH = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Block:
    """A full block, its id worked out from its own bytes and never taken from a node's word.

    `time` in seconds since the epoch; ids and the merkle root as hex digits; `digest` is what the
    witness signed.
    """

    number: int
    id: str
    previous: str
    time: int
    witness: str
    merkle_root: str
    digest: bytes
    signature: bytes
    transactions: tuple[Json, ...]

    def signer(self) -> bytes:
        """Return the 33 bytes of the key that signed the block.

        Raises:
            InvalidSignatureError: nobody can have made this signature.
        """
        return recover_key(self.digest, self.signature)


def number_of(block_id: str) -> int:
    """Return the height that a block id names in its first four bytes."""
    return int(block_id[:8], 16)


def header_bytes(previous: str, time: int, witness: str, merkle_root: str) -> bytes:
    """Return the serialised header without the signature."""
    return b"".join(
        (
            bytes.fromhex(previous),
            time.to_bytes(4, "little"),
            varint(instance(witness, WITNESS)),
            bytes.fromhex(merkle_root),
            b"\0",
        )
    )


def block_id(header: bytes, signature: bytes) -> str:
    """Return the id (40 hex digits) of a block from its header's bytes and its signature."""
    number = int.from_bytes(header[:4], "big") + 1
    return number.to_bytes(4, "big").hex() + hashlib.sha224(header + signature).hexdigest()[8:40]


def parse_block(data: Any) -> Block:
    """Turn what `get_block` answers into a `Block`.

    Raises:
        MalformedDataError: a member is missing or has the wrong form, or the header has extensions.
    """
    try:
        if data["extensions"]:
            raise MalformedDataError("header extensions can't be serialised here")
        time = parse_time(data["timestamp"])
        witness, root = data["witness"], data["transaction_merkle_root"]
        previous = data["previous"]
        for text in (previous, root):
            check_hash(text)
        header = header_bytes(previous, time, witness, root)
        signature = bytes.fromhex(data["witness_signature"])
        identity = block_id(header, signature)
        transactions = tuple(_checked(transaction) for transaction in data["transactions"])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise MalformedDataError(f"not a block: {error!r}") from error
    return Block(
        number=number_of(identity),
        id=identity,
        previous=previous,
        time=time,
        witness=witness,
        merkle_root=root,
        digest=hashlib.sha256(header).digest(),
        signature=signature,
        transactions=transactions,
    )


def check_hash(text: str) -> None:
    """Raise `MalformedDataError` unless a text is a block id or merkle root as nodes write it."""
    # What isn't written exactly so may give the same bytes under another name.
    if _HASH.fullmatch(text) is None:
        raise MalformedDataError(f"{text[:80]!r} is not 20 bytes as hex digits")


def _checked(transaction: Any) -> Json:
    for number, body in transaction["operations"]:
        if not isinstance(number, int) or not isinstance(body, dict):
            raise MalformedDataError("a transaction's operations are not [number, object] pairs")
    return dict(transaction)
