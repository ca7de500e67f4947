"""Transactions as they come in: read from JSON, checked in themselves, and brought into one form.

Transfer (0) and witness_update (21) are known; any other is refused by its name. Missing members
take their default as on a real node, unknown ones are dropped.
Source: bitshares-core, `libraries/protocol/transaction.cpp`, `witness.cpp`, `transfer.cpp`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chains.bitshares.keys import encode_key, is_canonical, recover_key
from chains.bitshares.transactions import (
    TRANSFER,
    WITNESS_UPDATE,
    format_time,
    pack_transaction,
    signing_digest,
    transaction_id,
    varint,
)
from chains.bitshares.wire import bytes_of
from chains.errors import InvalidSignatureError
from devnet.operation_names import OPERATION_NAMES
from devnet.parameters import MAX_URL_LENGTH
from devnet.refusals import Frame, RefusedError, failed, failed_at
from devnet.values import Json, number
from devnet.variants import (
    to_bytes,
    to_list,
    to_object,
    to_object_id,
    to_public_key,
    to_text,
    to_time,
    to_whole,
)

SIGNATURE_BYTES = 65
_EMPTY_AMOUNT: Json = {"amount": 0, "asset_id": "1.3.0"}


@dataclass(frozen=True)
class Transaction:
    """A signed transaction in the node's own form.

    `json` has the members and the order of a recorded transaction; `expiration` in seconds since
    the epoch; `operations` are pairs of number and members.
    """

    json: Json
    expiration: int
    prefix: str
    chain_id: str

    @property
    def operations(self) -> list[tuple[int, Json]]:
        """The operations, each as its number and its members."""
        return [(kind, body) for kind, body in self.json["operations"]]

    @property
    def signatures(self) -> list[bytes]:
        """The signatures, 65 bytes each."""
        return [bytes.fromhex(text) for text in self.json["signatures"]]

    @cached_property
    def packed(self) -> bytes:
        """The bytes without the signatures."""
        return pack_transaction(self.json, self.prefix)

    @cached_property
    def packed_signed(self) -> bytes:
        """The bytes with the signatures."""
        return self.packed + varint(len(self.signatures)) + b"".join(self.signatures)

    @cached_property
    def id(self) -> str:
        """The id, 40 hex digits."""
        return transaction_id(self.packed)

    @cached_property
    def signers(self) -> tuple[str, ...]:
        """The keys (text) that signed it, in the order of the signatures.

        Raises:
            RefusedError: a signature is not canonical, repeats a key, or fits no key.
        """
        digest = signing_digest(self.packed, self.chain_id)
        found: list[str] = []
        for signature in self.signatures:
            key = encode_key(_recover(digest, signature), self.prefix)
            if key in found:
                twice = Frame(
                    "Duplicate Signature detected", {}, "transaction.cpp", "get_signature_keys"
                )
                raise RefusedError(4010005, [twice])
            found.append(key)
        return tuple(found)

    def validate(self) -> None:
        """Check the transaction in itself, as a node does before it looks at its state.

        Raises:
            RefusedError: it has no operation, or one whose members cannot be.
        """
        if not self.json["operations"]:
            raise failed_at(
                "transaction.cpp",
                "validate",
                "operations.size() > 0",
                "A transaction must have at least one operation",
                {"trx": self.json},
            )
        for kind, body in self.operations:
            _VALIDATE[kind](body)


def read_transaction(value: Any, prefix: str, chain_id: str) -> Transaction:
    """Turn what a client sent into a `Transaction`.

    Raises:
        RefusedError: a member cannot be read, or an operation is not known here.
    """
    members = to_object(value)
    expiration = to_time(members.get("expiration", format_time(0)))
    body = {
        "ref_block_num": to_whole(members.get("ref_block_num", 0)) & 0xFFFF,
        "ref_block_prefix": to_whole(members.get("ref_block_prefix", 0)) & 0xFFFF_FFFF,
        "expiration": format_time(expiration),
        "operations": [
            _read_operation(item, prefix) for item in to_list(members.get("operations", []))
        ],
        "extensions": [],
        "signatures": [
            to_bytes(item, SIGNATURE_BYTES).hex() for item in to_list(members.get("signatures", []))
        ],
    }
    return Transaction(body, expiration, prefix, chain_id)


def read_operation(value: Any, prefix: str) -> tuple[int, Json]:
    """Turn an operation's JSON into its number and its members.

    Raises:
        RefusedError: it cannot be read, or is not known here.
    """
    kind, body = _read_operation(value, prefix)
    return kind, body


def _read_operation(value: Any, prefix: str) -> list[Any]:
    pair = to_list(value)
    if len(pair) < 2:
        return [TRANSFER, _read_transfer({}, prefix)]
    kind = to_whole(pair[0], signed=True)
    if not 0 <= kind < len(OPERATION_NAMES):
        raise failed_at(
            "static_variant.hpp",
            "set_which",
            "static_cast<size_t>(tag) < count()",
            "Unable to set tag '${tag}' when the number of supported tags is ${count}",
            {"tag": kind, "count": len(OPERATION_NAMES)},
        )
    read = _READ.get(kind)
    if read is None:
        raise failed(
            "operation is simulated",
            "the devnet knows transfer and witness_update, not ${name}",
            {"name": OPERATION_NAMES[kind]},
        )
    return [kind, read(to_object(pair[1]), prefix)]


def _read_transfer(members: Json, prefix: str) -> Json:
    del prefix
    if members.get("memo") is not None:
        raise failed("operation is simulated", "the devnet knows no transfer with a memo")
    return {
        "fee": _read_amount(members.get("fee", _EMPTY_AMOUNT)),
        "from": to_object_id(members.get("from", "1.2.0"), "1.2"),
        "to": to_object_id(members.get("to", "1.2.0"), "1.2"),
        "amount": _read_amount(members.get("amount", _EMPTY_AMOUNT)),
        "extensions": [],
    }


def _read_witness_update(members: Json, prefix: str) -> Json:
    body: Json = {
        "fee": _read_amount(members.get("fee", _EMPTY_AMOUNT)),
        "witness": to_object_id(members.get("witness", "1.6.0"), "1.6"),
        "witness_account": to_object_id(members.get("witness_account", "1.2.0"), "1.2"),
    }
    if members.get("new_url") is not None:
        body["new_url"] = to_text(members["new_url"])
    if members.get("new_signing_key") is not None:
        body["new_signing_key"] = to_public_key(members["new_signing_key"], prefix)
    return body


def _read_amount(value: Any) -> Json:
    members = to_object(value)
    return {
        "amount": number(to_whole(members.get("amount", 0), signed=True)),
        "asset_id": to_object_id(members.get("asset_id", "1.3.0"), "1.3"),
    }


def _validate_transfer(body: Json) -> None:
    for condition, holds in (
        ("fee.amount >= 0", int(body["fee"]["amount"]) >= 0),
        ("from != to", body["from"] != body["to"]),
        ("amount.amount > 0", int(body["amount"]["amount"]) > 0),
    ):
        if not holds:
            raise failed_at("transfer.cpp", "validate", condition)


def _validate_witness_update(body: Json) -> None:
    for condition, holds in (
        ("fee.amount >= 0", int(body["fee"]["amount"]) >= 0),
        (
            "new_url->size() < GRAPHENE_MAX_URL_LENGTH",
            len(bytes_of(body.get("new_url", ""))) < MAX_URL_LENGTH,
        ),
    ):
        if not holds:
            raise failed_at("witness.cpp", "validate", condition)


_READ: dict[int, Callable[[Json, str], Json]] = {
    TRANSFER: _read_transfer,
    WITNESS_UPDATE: _read_witness_update,
}
_VALIDATE: dict[int, Callable[[Json], None]] = {
    TRANSFER: _validate_transfer,
    WITNESS_UPDATE: _validate_witness_update,
}


def _recover(digest: bytes, signature: bytes) -> bytes:
    caller = Frame("", {}, "transaction.cpp", "get_signature_keys")
    crypto = ("elliptic_secp256k1.cpp", "public_key")
    if not 27 <= signature[0] < 35:
        unfit = Frame("unable to reconstruct public key from signature", {}, *crypto)
        raise RefusedError(0, [unfit, caller])
    if not is_canonical(signature):
        raise failed_at(*crypto, "is_canonical( c )", "signature is not canonical").within(caller)
    try:
        return recover_key(digest, signature)
    except InvalidSignatureError as error:
        unfit = Frame("unable to reconstruct public key from signature", {}, *crypto)
        raise RefusedError(0, [unfit, caller]) from error
