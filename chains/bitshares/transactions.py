"""The binary form of the transactions that this project has to recognise.

Only transfer (operation 0) and witness_update (operation 21) are known; any other raises
`UnpackableOperationError`. Source: bitshares-core, `libraries/protocol/include/graphene/protocol/`
(`transfer.hpp`, `witness.hpp`, `transaction.hpp`) and fc's raw packing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chains.bitshares.keys import decode_key, ripemd160
from chains.bitshares.values import (
    ACCOUNT,
    ASSET,
    MOST_UNITS,
    UINT16,
    UINT32,
    WITNESS,
    instance,
    whole_number,
)
from chains.bitshares.wire import bytes_of
from chains.errors import MalformedDataError, UnpackableOperationError

TRANSFER = 0
WITNESS_UPDATE = 21
NO_TRANSACTIONS = "00" * 20
"""The merkle root of a block without transactions."""

Json = dict[str, Any]

_TIME = re.compile("[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}")
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class WitnessUpdate:
    """A witness_update of an applied block.

    `transaction_id` is None where the transaction holds operations that can't be serialised here.
    """

    witness: str
    new_key: str | None
    transaction_id: str | None
    transaction: Json


def parse_time(text: str) -> int:
    """Return the seconds since the epoch behind a chain time such as "2026-11-21T08:26:05"."""
    # The form is looked at apart: strptime would take as long as half of a signature's recovery.
    try:
        if _TIME.fullmatch(text):
            return int(datetime.fromisoformat(f"{text}+00:00").timestamp())
    except (TypeError, ValueError) as error:
        raise MalformedDataError(f"{text!r} is not a time of the chain") from error
    raise MalformedDataError(f"{text!r} is not a time of the chain")


def format_time(seconds: int) -> str:
    """Return the chain's text of a time in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def varint(number: int) -> bytes:
    """Return an unsigned LEB128 number, as fc packs sizes and object instances."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def pack_transaction(transaction: Json, prefix: str) -> bytes:
    """Return the bytes of a transaction without its signatures; their SHA-256 names it.

    Raises:
        UnpackableOperationError: it holds an operation that is not known here.
        MalformedDataError: a member is missing or has the wrong form.
    """
    try:
        return b"".join(
            (
                whole_number(transaction["ref_block_num"], UINT16).to_bytes(2, "little"),
                whole_number(transaction["ref_block_prefix"], UINT32).to_bytes(4, "little"),
                parse_time(transaction["expiration"]).to_bytes(4, "little"),
                _pack_list(_pack_operation(op, prefix) for op in transaction["operations"]),
                _pack_empty(transaction.get("extensions", [])),
            )
        )
    except _MALFORMED as error:
        raise MalformedDataError(f"not a transaction: {error!r}") from error


def transaction_id(packed: bytes) -> str:
    """Return the id (40 hex digits) of a transaction packed without its signatures."""
    return hashlib.sha256(packed).hexdigest()[:40]


def signing_digest(packed: bytes, chain_id: str) -> bytes:
    """Return the 32 bytes that a transaction's signers sign."""
    return hashlib.sha256(bytes.fromhex(chain_id) + packed).digest()


def merkle_root(transactions: Sequence[Json], prefix: str) -> str:
    """Return the merkle root (40 hex digits) of a block's processed transactions.

    Raises:
        UnpackableOperationError: a transaction holds an operation that is not known here.
        MalformedDataError: a member is missing or has the wrong form.
    """
    level = [hashlib.sha256(_pack_processed(item, prefix)).digest() for item in transactions]
    if not level:
        return NO_TRANSACTIONS
    while len(level) > 1:
        pairs = [
            hashlib.sha256(left + right).digest()
            for left, right in zip(level[0::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return ripemd160(level[0]).hex()


def witness_updates(transactions: Iterable[Json], prefix: str) -> tuple[WitnessUpdate, ...]:
    """Return every witness_update in a block's transactions, in their order.

    Raises:
        MalformedDataError: an update names no witness as nodes write it, or a malformed key.
    """
    found = []
    for transaction in transactions:
        for operation, body in transaction["operations"]:
            if operation == WITNESS_UPDATE:
                found.append(_update(transaction, body, prefix))
    return tuple(found)


def _update(transaction: Json, body: Json, prefix: str) -> WitnessUpdate:
    witness, new_key = body.get("witness"), body.get("new_signing_key")
    if not isinstance(witness, str) or not isinstance(new_key, str | None):
        raise MalformedDataError(f"not a witness_update: {body!r}")
    instance(witness, WITNESS)  # which may not go by another name than its blocks do
    if new_key is not None:
        decode_key(new_key, prefix)
    return WitnessUpdate(
        witness=witness,
        new_key=new_key,
        transaction_id=_known_id(transaction, prefix),
        transaction=transaction,
    )


def _known_id(transaction: Json, prefix: str) -> str | None:
    try:
        return transaction_id(pack_transaction(transaction, prefix))
    except (UnpackableOperationError, MalformedDataError):
        return None


def _pack_processed(transaction: Json, prefix: str) -> bytes:
    packed = pack_transaction(transaction, prefix)
    try:
        signatures = _pack_list(bytes.fromhex(text) for text in transaction["signatures"])
        results = _pack_list(_pack_result(r) for r in transaction.get("operation_results", []))
    except _MALFORMED as error:
        raise MalformedDataError(f"not a processed transaction: {error!r}") from error
    return packed + signatures + results


def _pack_result(result: Sequence[Any]) -> bytes:
    kind, value = result
    if kind != 0 or value not in ({}, None):
        raise MalformedDataError(f"operation result {result!r} can't be serialised here")
    return varint(kind)


def _pack_operation(operation: Sequence[Any], prefix: str) -> bytes:
    number, body = operation
    pack = _OPERATIONS.get(number)
    if pack is None:
        raise UnpackableOperationError(number)
    return varint(number) + pack(body, prefix)


def _pack_transfer(body: Json, _prefix: str) -> bytes:
    if body.get("memo") is not None:
        raise UnpackableOperationError(TRANSFER)
    return b"".join(
        (
            _pack_amount(body["fee"]),
            varint(instance(body["from"], ACCOUNT)),
            varint(instance(body["to"], ACCOUNT)),
            _pack_amount(body["amount"]),
            b"\0",
            _pack_empty(body.get("extensions", [])),
        )
    )


def _pack_witness_update(body: Json, prefix: str) -> bytes:
    return b"".join(
        (
            _pack_amount(body["fee"]),
            varint(instance(body["witness"], WITNESS)),
            varint(instance(body["witness_account"], ACCOUNT)),
            _pack_optional(body.get("new_url"), _pack_text),
            _pack_optional(body.get("new_signing_key"), lambda text: decode_key(text, prefix)),
        )
    )


_OPERATIONS: dict[int, Callable[[Json, str], bytes]] = {
    TRANSFER: _pack_transfer,
    WITNESS_UPDATE: _pack_witness_update,
}


def _pack_amount(amount: Json) -> bytes:
    units = whole_number(amount["amount"], MOST_UNITS, least=-MOST_UNITS - 1)
    return units.to_bytes(8, "little", signed=True) + varint(instance(amount["asset_id"], ASSET))


def _pack_text(text: str) -> bytes:
    raw = bytes_of(text)
    return varint(len(raw)) + raw


def _pack_optional(value: str | None, pack: Callable[[str], bytes]) -> bytes:
    return b"\0" if value is None else b"\1" + pack(value)


def _pack_list(items: Iterable[bytes]) -> bytes:
    packed = list(items)
    return varint(len(packed)) + b"".join(packed)


def _pack_empty(extensions: Sequence[Any]) -> bytes:
    if extensions:
        raise MalformedDataError("extensions can't be serialised here")
    return b"\0"
