"""Signatures in the form that nodes require: recoverable, canonical. Pure.

The library's own signing works the curve out in Python, for some 40 ms of a processor; see
docs/decisions/speed.md.
"""

from __future__ import annotations

from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi  # type: ignore[import-not-found]  # compiled

from chains.bitshares.keys import is_canonical

_COMPRESSED = 27 + 4
"""Header of a compact signature (27) by a key of which 33 bytes are told (4)."""


def compact_signature(secret: bytes, digest: bytes) -> bytes:
    """Return the 65 bytes of a canonical signature, the same ones for the same digest.

    The nonce is that of RFC 6979, with a counter as additional data until the form is canonical
    (fc, `elliptic_secp256k1.cpp`, `sign_compact`). Whoever decides alike thus signs alike.
    """
    key, counter = PrivateKey(secret), 0
    while True:
        nonce = ffi.new("unsigned char[32]", counter.to_bytes(32, "little"))
        raw = key.sign_recoverable(digest, hasher=None, custom_nonce=(ffi.NULL, nonce))
        signature = bytes([_COMPRESSED + raw[64]]) + raw[:64]
        if is_canonical(signature):
            return signature
        counter += 1
