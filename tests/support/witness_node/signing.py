"""Signed transactions with the known test keys, made apart from any code under test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count
from typing import Any

from coincurve import PrivateKey

from chains.bitshares.keys import encode_base58, encode_key, is_canonical
from chains.bitshares.transactions import (
    format_time,
    pack_transaction,
    parse_time,
    signing_digest,
    transaction_id,
)

PREFIX = "BTS"
CORE = "1.3.0"
FEE = 2_000_000
"""The fee of a witness_update in the recorded genesis, in the core asset's smallest unit."""

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_COMPRESSED = 31

Json = dict[str, Any]


def secret_of(name: str) -> bytes:
    """Return the worthless private key that belongs to a name such as "init0-active"."""
    return hashlib.sha256(name.encode()).digest()


def public_key(name: str) -> str:
    """Return the public key's text that belongs to a name."""
    return encode_key(PrivateKey(secret_of(name)).public_key.format(), PREFIX)


def wif(name: str) -> str:
    """Return the private key that belongs to a name, as wallets and nodes take it."""
    body = b"\x80" + secret_of(name)
    checksum = hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    return encode_base58(body + checksum)


NAMES = (
    *(f"init{number}-{kind}" for number in range(7) for kind in ("active", "signing")),
    *("init0-beta", "init0-gamma", "backup0", "backup1", "backup2", "rogue", "hot"),
    "nathan-active",
)
NAME_OF = {public_key(name): name for name in NAMES}
"""The known test keys by their text."""


def sign(digest: bytes, secret: bytes, variant: int = 0) -> bytes:
    """Return a canonical recoverable signature; each variant is a different one of the same key."""
    key = int.from_bytes(secret, "big")
    number = int.from_bytes(digest, "big")
    candidates = (_attempt(number, key, _nonce(digest, secret, i)) for i in count())
    canonical = (found for found in candidates if is_canonical(found))
    return next(found for index, found in enumerate(canonical) if index == variant)


def _nonce(digest: bytes, secret: bytes, attempt: int) -> int:
    seed = hashlib.sha512(secret + digest + attempt.to_bytes(4, "big")).digest()
    return int.from_bytes(seed, "big") % (_CURVE_ORDER - 1) + 1


def _attempt(number: int, key: int, nonce: int) -> bytes:
    x, y = PrivateKey.from_int(nonce).public_key.point()
    r = x % _CURVE_ORDER
    s = pow(nonce, -1, _CURVE_ORDER) * (number + r * key) % _CURVE_ORDER
    odd = y & 1
    if s > _CURVE_ORDER // 2:
        s, odd = _CURVE_ORDER - s, odd ^ 1
    recovery = odd | (2 if x >= _CURVE_ORDER else 0)
    return bytes([_COMPRESSED + recovery]) + r.to_bytes(32, "big") + s.to_bytes(32, "big")


def high_s(signature: str) -> str:
    """Return the same signature in the other, non-canonical form."""
    raw = bytes.fromhex(signature)
    s = _CURVE_ORDER - int.from_bytes(raw[33:], "big")
    header = (raw[0] - _COMPRESSED ^ 1) + _COMPRESSED
    return (bytes([header]) + raw[1:33] + s.to_bytes(32, "big")).hex()


@dataclass(frozen=True)
class Head:
    """The head block of a live node; the time is seconds since the epoch."""

    number: int
    id: str
    time: int

    @classmethod
    def of(cls, properties: Json) -> Head:
        """Return the head that object 2.1.0 names."""
        return cls(
            properties["head_block_number"],
            properties["head_block_id"],
            parse_time(properties["time"]),
        )

    @property
    def prefix(self) -> int:
        """The ref_block_prefix of transactions that refer to this block."""
        return int.from_bytes(bytes.fromhex(self.id)[4:8], "little")


def witness_update(
    witness: int = 1, url: str | None = None, key: str | None = None, fee: int = FEE
) -> list[Any]:
    """Return operation 21 for witness 1.6.<witness> by its own account."""
    body: Json = {
        "fee": {"amount": fee, "asset_id": CORE},
        "witness": f"1.6.{witness}",
        "witness_account": f"1.2.{witness + 5}",
    }
    if url is not None:
        body["new_url"] = url
    if key is not None:
        body["new_signing_key"] = key
    return [21, body]


def transaction(head: Head, *operations: list[Any], seconds: int = 30) -> Json:
    """Return an unsigned transaction that refers to the head and expires `seconds` after it."""
    return {
        "ref_block_num": head.number & 0xFFFF,
        "ref_block_prefix": head.prefix,
        "expiration": format_time(head.time + seconds),
        "operations": list(operations),
        "extensions": [],
        "signatures": [],
    }


def signed(unsigned: Json, chain_id: str, *names: str) -> Json:
    """Return the transaction with a signature by each of the named test keys."""
    digest = signing_digest(pack_transaction(unsigned, PREFIX), chain_id)
    return unsigned | {"signatures": [sign(digest, secret_of(name)).hex() for name in names]}


def sign_variants(unsigned: Json, chain_id: str, name: str, number: int) -> list[str]:
    """Return several different signatures of one test key under one transaction."""
    digest = signing_digest(pack_transaction(unsigned, PREFIX), chain_id)
    return [sign(digest, secret_of(name), variant).hex() for variant in range(number)]


def identity(of: Json) -> str:
    """Return a transaction's id."""
    return transaction_id(pack_transaction(of, PREFIX))
