"""Public keys and recoverable signatures, as BitShares writes them.

A key is 33 compressed bytes; its text is the chain's prefix and
base58(key + ripemd160(key)[:4]) (bitshares-core, `libraries/protocol/types.cpp`).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from coincurve import PublicKey as _CurveKey
from Crypto.Hash import RIPEMD160  # nosec B413 # of pycryptodome, which is maintained

from chains.errors import InvalidSignatureError, MalformedKeyError

KEY_BYTES = 33
NULL_KEY = bytes(KEY_BYTES)
"""The key that no signature can match: its witness stays scheduled and nobody produces."""

_PRIVATE = re.compile(r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b")
"""A private key in wallet import format, compressed or not."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_CHECKSUM_BYTES = 4
_WIF_VERSION = b"\x80"
_SIGNATURE_BYTES = 65
_HEADER_BASE, _HEADER_LAST = 27, 34


def looks_private(text: str) -> bool:
    """Tell whether a text holds what may be a private key in wallet import format."""
    return _PRIVATE.search(text) is not None


def ripemd160(data: bytes) -> bytes:
    """Return the 20 bytes of RIPEMD-160, which OpenSSL does not always offer."""
    return RIPEMD160.new(data).digest()


@lru_cache(maxsize=4096)
def encode_key(key: bytes, prefix: str) -> str:
    """Return the text of a 33-byte public key, such as "BTS5zBts…"."""
    return prefix + encode_base58(key + ripemd160(key)[:_CHECKSUM_BYTES])


@lru_cache(maxsize=4096)
def decode_key(text: str, prefix: str) -> bytes:
    """Return the 33 bytes behind a public key's text.

    Raises:
        MalformedKeyError: wrong prefix, alphabet, length or checksum.
    """
    if not text.startswith(prefix):
        raise MalformedKeyError(f"public key {text!r} does not begin with {prefix}")
    raw = decode_base58(text[len(prefix) :])
    key, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if len(key) != KEY_BYTES:
        raise MalformedKeyError(f"public key {text!r} has {len(key)} bytes instead of {KEY_BYTES}")
    if ripemd160(key)[:_CHECKSUM_BYTES] != checksum:
        raise MalformedKeyError(f"public key {text!r} has a wrong checksum: a typing mistake?")
    return key


def encode_wif(secret: bytes) -> str:
    """Return the text of a private key's 32 bytes as wallets and nodes take it, such as "5KQw…"."""
    payload = _WIF_VERSION + secret
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()
    return encode_base58(payload + checksum[:_CHECKSUM_BYTES])


def null_key(prefix: str) -> str:
    """Return the text of the null key, with which an owner stops a witness."""
    return encode_key(NULL_KEY, prefix)


def recover_key(digest: bytes, signature: bytes) -> bytes:
    """Return the 33 bytes of the key that made a 65-byte recoverable signature over a digest.

    Raises:
        InvalidSignatureError: wrong length or header, not canonical, or no key fits.
    """
    if len(signature) != _SIGNATURE_BYTES:
        raise InvalidSignatureError(f"a signature has 65 bytes, this one {len(signature)}")
    if not _HEADER_BASE <= signature[0] <= _HEADER_LAST:
        raise InvalidSignatureError(f"signature header {signature[0]} is not within 27..34")
    if not is_canonical(signature):
        raise InvalidSignatureError("the signature is not in canonical form")
    recovery_id = (signature[0] - _HEADER_BASE) & 3
    try:
        key = _CurveKey.from_signature_and_message(
            signature[1:] + bytes([recovery_id]), digest, hasher=None
        )
    except ValueError as error:
        raise InvalidSignatureError("no public key fits the signature") from error
    return key.format(compressed=True)


def is_canonical(signature: bytes) -> bool:
    """Tell whether r and s are in the form that nodes require (fc, `is_fc_canonical`)."""
    return all(_short_and_positive(signature[at], signature[at + 1]) for at in (1, 33))


def _short_and_positive(first: int, second: int) -> bool:
    return not first & 0x80 and not (first == 0 and not second & 0x80)


def encode_base58(data: bytes) -> str:
    """Return the base58 text of some bytes, without a checksum of its own."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + "".join(reversed(digits))


def decode_base58(text: str) -> bytes:
    """Return the bytes behind a base58 text.

    Raises:
        MalformedKeyError: a character that base58 lacks.
    """
    number = 0
    for character in text:
        if character not in _VALUES:
            raise MalformedKeyError(f"{text!r} holds {character!r}, which base58 lacks")
        number = number * 58 + _VALUES[character]
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
