"""A new pair of keys for a host that signs blocks.

The switcher never holds such a key: it is made, shown once, and taken to its host.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from coincurve import PrivateKey

from chains.bitshares.keys import encode_key, encode_wif

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A signing key: its public text ("BTS5zBts…"), and its private one ("5KQw…")."""

    public: str
    private: str = field(repr=False)


def new_key_pair(prefix: str) -> KeyPair:
    """Return a pair from the system's randomness, for a chain whose public keys begin so."""
    while True:
        secret = secrets.token_bytes(_SECRET_BYTES)
        try:
            private = PrivateKey(secret)
        except ValueError:
            continue  # zero, or beyond the curve's order: one of some 2^128
        return KeyPair(encode_key(private.public_key.format(), prefix), encode_wif(secret))
